/**
 * The faults that a source has at present, by kind: logged when one begins and when it ends, not at every try.
 */
import type { Logger, SourceStatus, SourceWay } from "../core/ports.ts";

export class FaultBoard {
  state: SourceStatus["state"] = "starting";
  lastReadAt: number | null = null;
  lastEventAt: number | null = null;
  coveredUntil: number | null = null;
  private readonly faults = new Map<string, string>();
  private readonly name: string;
  private readonly path: SourceWay;
  private readonly logger: Logger;

  constructor(name: string, path: SourceWay, logger: Logger) {
    this.name = name;
    this.path = path;
    this.logger = logger;
  }

  raise(kind: string, fault: string): void {
    if (!this.faults.has(kind))
      this.logger.warn({ source: this.name, kind, fault }, "source has a fault, and goes on trying");
    this.faults.set(kind, fault);
  }

  clear(kind: string): void {
    if (this.faults.delete(kind)) this.logger.info({ source: this.name, kind }, "source's fault is over");
  }

  has(kind: string): boolean {
    return this.faults.has(kind);
  }

  noteEvents(at: number | null): void {
    if (at !== null) this.lastEventAt = Math.max(at, this.lastEventAt ?? at);
  }

  status(): SourceStatus {
    const [fault] = [...this.faults.values()].slice(-1);
    const retrying = fault !== undefined && this.state !== "stopped";
    return {
      name: this.name,
      path: this.path,
      state: retrying ? "retrying" : this.state,
      lastReadAt: this.lastReadAt,
      lastEventAt: this.lastEventAt,
      coveredUntil: this.coveredUntil,
      fault: fault ?? null,
    };
  }
}
