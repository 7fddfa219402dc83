import { expect, it, vi } from "vitest";
import { runCli } from "./run-cli.ts";
import { freshDirectory, startRealService } from "./service-process.ts";

vi.setConfig({ testTimeout: 180_000 });

it("makes a key that works, lists it without its secret, and makes it worthless", async () => {
  const directory = freshDirectory();
  const env = { DATA_DIR: directory };
  const created = await runCli(["keys", "create", "--name", "ci", "--scopes", "read"], { env });
  expect(created.code).toBe(0);
  const key = created.stdout.trim();
  expect(key).toMatch(/^a202_[0-9a-f]{16}_\S{43}$/);

  const keyId = key.split("_")[1] ?? "";
  const service = await startRealService(directory);
  const status = await runCli(["status", "r1"], { env: { AFTER202_URL: service.url, AFTER202_KEY: key } });
  expect(status.code).toBe(4); // let in: there is only no such request
  const locked = await runCli(["keys", "list"], { env });
  expect(locked.code).toBe(1);
  expect(locked.stderr).toContain("API_ADMIN_KEY");
  service.child.kill("SIGTERM");
  await service.ended;

  expect((await runCli(["keys", "revoke", keyId], { env })).code).toBe(0);
  const listed = await runCli(["keys", "list"], { env });
  expect(listed.stdout).toMatch(new RegExp(`^${keyId} +ci +read +\\S+ +revoked `, "m"));
  expect(listed.stdout).not.toContain(key.slice(-43));
});
