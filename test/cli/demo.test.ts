import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { boardLine, renderBoard } from "../../src/cli/demo/board.ts";
import { compareWithTruth, renderComparison } from "../../src/cli/demo/comparison.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";
import { lifecycle, PLAIN, succeeded } from "./lifecycles.ts";
import { runCli, startCli } from "./run-cli.ts";
import { freshDirectory } from "./service-process.ts";

vi.setConfig({ testTimeout: 180_000 });

const PLACE = { url: "http://127.0.0.1:8202", simulatorOrigin: "http://127.0.0.1:1", speed: 60, rate: 5 };

it("runs, shows real requests, agrees with the simulator, and leaves nothing behind", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const port = String((other.address() as AddressInfo).port);
  const temporary = freshDirectory();
  const { child, output, ended } = startCli(
    ["demo", "--speed", "600", "--rate", "20", "--seed", "7", "--webhook"],
    {
      env: { PORT: port, TMPDIR: temporary, CLICKHOUSE_URL: "http://127.0.0.1:1", ADOBE_CLIENT_ID: "real" },
    },
  );
  await new Promise<void>((resolve) => {
    child.stdout.on("data", () => {
      if (/first exhausted/.test(output.stdout)) resolve();
    });
    void ended.then(() => resolve());
  });
  const command = /first succeeded: AFTER202_URL=(\S+) npx after202 status (\S+)/.exec(output.stdout);
  expect(output.stdout).toContain(`Port ${port} is taken`);
  const status = await runCli(["status", command?.[2] ?? ""], { env: { AFTER202_URL: command?.[1] ?? "" } });
  expect(status.code).toBe(0);

  child.kill("SIGINT");
  const run = await ended;
  expect(run.stdout).toMatch(/books: \d+ equal, 0 differing/);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(temporary).filter((name) => name.startsWith("after202-demo"))).toEqual([]);
});

it("ends by itself after so many minutes", async () => {
  const run = await runCli(["demo", "--minutes", "0.02", "--speed", "600"], { env: { PORT: "0" } });
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("equal, 0 differing");
});

it("shows the states with a command for the most telling ones", () => {
  const census = {
    byState: { succeeded: 80, retrying: 4 },
    total: 84,
    samples: new Map([
      ["succeeded", "s1"],
      ["retrying", "r1"],
    ]),
  };
  expect(renderBoard(census, PLACE, 72_000, PLAIN)).toMatchInlineSnapshot(`
    "
    84 requests after 1m 12s, which is 1h 12m for Marketo

      succeeded         80  ████████████████████████████████████████
      accepted           0
      processing         0
      retrying           4  ██
      unconfirmed        0
      partially failed   0
      failed             0
      exhausted          0
      overdue            0
      rejected           0

    try
      npx after202 status r1  # retrying
      npx after202 status s1  # succeeded"
  `);
  expect(boardLine(census, 72_000)).toBe("1m 12s: 84 requests: 80 succeeded, 4 retrying");
});

it("tells equal from differing, from not yet known, from not yet settled", () => {
  const row = (requestId: string, over: Partial<TruthRow> = {}): TruthRow =>
    ({ requestId, outcome: "succeeded", created: 60, updated: 40, failed: {}, lost: 0, ...over }) as TruthRow;
  const truth = [
    row("same"),
    row("miscounted", { created: 59, failed: { "1006": 1 }, outcome: "partially_failed" }),
    row("open"),
    row("unknown"),
    row("pending", { outcome: "pending" }),
    row("refused", { outcome: "rejected", created: 0, updated: 0 }),
  ];
  const said = new Map([
    ["same", succeeded()],
    ["miscounted", succeeded()],
    ["open", lifecycle()],
    ["refused", lifecycle({ state: "rejected", terminal: true })],
  ]);
  const found = compareWithTruth(truth, said);
  expect(found).toMatchObject({ equal: 2, behind: 2, underWay: 1 });
  expect(found.differing.map((one) => one.requestId)).toEqual(["miscounted"]);
  expect(renderComparison(found, PLAIN)).toContain("2 equal, 1 differing");
});
