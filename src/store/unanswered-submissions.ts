/**
 * Submissions without a response: nearly every status asks whether there is one under its correlation id, and nearly always
 * there is none.
 *
 * They are few. Where nobody else can write, they are read once and kept until one more is stored; the answer is the store's.
 */
import type { StoreClient } from "./client.ts";

export interface Unanswered {
  readonly correlationId: string;
  /** When they began, epoch milliseconds. */
  readonly first: number;
  readonly last: number;
  readonly types: ReadonlySet<string>;
}

export interface UnansweredSubmissions {
  under(correlationIds: readonly string[]): Promise<Unanswered[]>;
  /** One may have been stored. Told before whoever sent it is. */
  changed(): void;
}

/** More are not kept. */
const FEW = 20_000;

interface Row {
  readonly correlation_id: string;
  readonly t0_ms: string;
  readonly object_type: string;
}

type ById = ReadonlyMap<string, Unanswered>;

export function createUnansweredSubmissions(client: StoreClient): UnansweredSubmissions {
  let kept: Promise<ById | undefined> | undefined;

  async function readFew(): Promise<ById | undefined> {
    const rows = await client.query<Row>(`${SELECT} LIMIT ${FEW + 1}`);
    return rows.length > FEW ? undefined : byId(rows);
  }

  /** Plain rows, one `=` for one id: where it is asked of nearly every status it must not plan for long. */
  async function ask(ids: readonly string[]): Promise<ById> {
    const one = ids.length === 1;
    return byId(
      await client.query<Row>(
        `${SELECT} WHERE correlation_id ${one ? "= {id:String}" : "IN {ids:Array(String)}"}`,
        one ? { id: ids[0] } : { ids },
      ),
    );
  }

  return {
    async under(correlationIds) {
      if (client.embedded && kept === undefined) {
        const reading = readFew();
        kept = reading;
        reading.catch(() => {
          if (kept === reading) kept = undefined;
        });
      }
      const known = (await kept) ?? (await ask(correlationIds));
      return correlationIds.flatMap((id) => known.get(id) ?? []);
    },
    changed() {
      kept = undefined;
    },
  };
}

const SELECT = `
  SELECT correlation_id, toUnixTimestamp64Milli(t0) AS t0_ms, object_type FROM unanswered_submissions`;

function byId(rows: readonly Row[]): ById {
  const found = new Map<string, Unanswered>();
  for (const { correlation_id: correlationId, t0_ms, object_type: type } of rows) {
    const t0 = Number(t0_ms);
    const known = found.get(correlationId);
    found.set(correlationId, {
      correlationId,
      first: Math.min(known?.first ?? t0, t0),
      last: Math.max(known?.last ?? t0, t0),
      types: new Set([...(known?.types ?? []), type]),
    });
  }
  return found;
}
