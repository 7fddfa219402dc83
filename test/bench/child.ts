/**
 * Processes of the benchmarks' own: forked, asked over IPC, ended.
 *
 * Service and simulator each get one, so that memory and processor time of one are not those of the other.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Child {
  readonly pid: number;
  /** Rejects when the child's answer is an error, or when it has ended. */
  ask<Answer>(question: string, params?: unknown): Promise<Answer>;
  /** Asks it to end, and waits; not for ever. */
  close(): Promise<void>;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

const CLOSE_WITHIN_MS = 60_000;

/**
 * @param script of this folder
 * @param env all of its environment but PATH and the like
 */
export async function openChild(
  script: string,
  { env = {}, execArgv = [] }: { env?: Readonly<Record<string, string>>; execArgv?: readonly string[] } = {},
): Promise<Child> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [], {
    env: { PATH, HOME, TMPDIR, ...env },
    execArgv: ["--enable-source-maps", ...execArgv],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  child.on("message", (reply: Reply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const [id, settle] of waiting) settle({ id, error: `${script} ended: ${signal ?? code}` });
      resolve();
    });
  });
  let asked = 0;
  const ask = async <Answer>(question: string, params?: unknown): Promise<Answer> => {
    const id = ++asked;
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, question, params }, (fault) => {
        if (fault !== null) resolve({ id, error: String(fault) });
      });
    });
    if (reply.error !== undefined) throw new Error(`${script}, ${question}: ${reply.error}`);
    return reply.answer as Answer;
  };
  await ask("ready");
  return {
    pid: pidOf(child),
    ask,
    async close() {
      const late = setTimeout(() => child.kill("SIGKILL"), CLOSE_WITHIN_MS);
      if (child.connected) await ask("close").catch(() => undefined);
      await ended;
      clearTimeout(late);
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("the child has no process");
  return child.pid;
}
