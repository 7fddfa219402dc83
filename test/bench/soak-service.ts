/**
 * The service of a soak: killed, started again on the same port and directory, followed by subscribers.
 */
import { type Child, openChild } from "./child.ts";
import { freePort } from "./free-port.ts";
import { openService, type ServiceProcess } from "./service.ts";

export interface SoakService {
  readonly url: string;
  /** The process that lives now; undefined while there is none. */
  current(): ServiceProcess | undefined;
  start(env: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL, and a new process with the same settings. @returns seconds until it was ready again */
  killAndStart(): Promise<number>;
  /** Bytes that the subscribers have read so far. */
  followed(): Promise<number>;
  close(): Promise<void>;
}

export async function createSoakService(dataDir: string, followers: number): Promise<SoakService> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let settings: Readonly<Record<string, string>> = {};
  let service: ServiceProcess | undefined;
  let following: Child | undefined;
  let followedBefore = 0;

  const followedNow = async (): Promise<number> =>
    (await following?.ask<{ bytes: number }>("counts"))?.bytes ?? 0;

  async function open(): Promise<void> {
    service = await openService({ dataDir, env: { ...settings, PORT: String(port) } });
    following = await openChild("followers-process.js", {
      env: { FOLLOWERS_OPTIONS: JSON.stringify({ url, count: followers, deaf: 0 }) },
    });
    await following.ask("start");
  }

  async function letGo(): Promise<void> {
    followedBefore += await followedNow();
    await following?.close();
    following = undefined;
  }

  return {
    url,
    current: () => service,
    start(env) {
      settings = env;
      return open();
    },
    async killAndStart() {
      const began = performance.now();
      const killed = service;
      service = undefined;
      await killed?.kill();
      await letGo();
      await open();
      return (performance.now() - began) / 1_000;
    },
    followed: async () => followedBefore + (await followedNow()),
    async close() {
      await letGo();
      await service?.close();
    },
  };
}
