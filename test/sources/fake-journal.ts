/**
 * A journal on loopback for tests: pages by position, and answers that are put in its way.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CoveredInterval } from "../../src/core/coverage.ts";
import type { CoverageGap, CursorStore, JournalCursor } from "../../src/core/ports.ts";
import { journalPage } from "../pipeline/sample-events.ts";

export const JOURNAL_PATH = "/events/organizations/1/integrations/2/registration-a";

/** What to answer instead of the next page; undefined: nothing special. */
export type Detour = (request: IncomingMessage, response: ServerResponse) => boolean;

export class FakeJournal {
  readonly events: unknown[] = [];
  /** Path and query of each request, in order. */
  readonly asked: string[] = [];
  readonly tokens: string[] = [];
  pageSize = 10;
  /** Positions before this one have expired. */
  oldest = 0;
  links: "relative" | "absolute" | "none" = "relative";
  retryAfter: string | undefined = "0.01";
  /** Asked in order, each until it has answered once. */
  readonly detours: Detour[] = [];
  url = "";
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${JOURNAL_PATH}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The next answers have these statuses, with these headers. */
  fail(...statuses: number[]): void {
    for (const status of statuses) {
      this.detours.push((_, response) => {
        response.writeHead(status).end();
        return true;
      });
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url ?? "");
    this.tokens.push(String(request.headers.authorization).replace("Bearer ", ""));
    if (this.detours[0]?.(request, response) === true) return void this.detours.shift();
    const query = new URL(request.url ?? "", this.url).searchParams;
    const from = this.positionOf(query);
    if (from < this.oldest) return void response.writeHead(410).end();
    const page = this.events.slice(from, from + this.pageSize);
    const path = this.links === "absolute" ? this.url : JOURNAL_PATH;
    const next = `<${path}?since=${from + page.length}>; rel="next", <${path}?latest=true>; rel="latest"`;
    if (this.links !== "none") response.setHeader("link", next);
    if (page.length === 0) {
      if (this.retryAfter !== undefined) response.setHeader("retry-after", this.retryAfter);
      return void response.writeHead(204).end();
    }
    response.writeHead(200, { "content-type": "application/json" }).end(journalPage(page));
  }

  private positionOf(query: URLSearchParams): number {
    if (query.get("latest") === "true") return Math.max(0, this.events.length - 1);
    return Number(query.get("since") ?? this.oldest);
  }
}

export class MemoryCursors implements CursorStore {
  readonly saved: JournalCursor[] = [];
  readonly gaps: CoverageGap[] = [];
  readonly covered: CoveredInterval[] = [];
  /** Called before each save; may throw. */
  beforeSave: (cursor: JournalCursor) => void = () => undefined;

  async loadCursor(source: string): Promise<JournalCursor | undefined> {
    return this.saved.findLast((cursor) => cursor.source === source);
  }

  async saveCursor(cursor: JournalCursor): Promise<void> {
    this.beforeSave(cursor);
    this.saved.push(cursor);
  }

  async recordCovered(interval: CoveredInterval): Promise<void> {
    this.covered.push(interval);
  }

  async recordGap(gap: CoverageGap): Promise<void> {
    this.gaps.push(gap);
  }
}
