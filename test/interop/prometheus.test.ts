/**
 * With a real Prometheus (Debian: prometheus): the metrics of a live service keep its conventions, the rules hold, and
 * deploy's own configuration, with the addresses of this machine, scrapes the service and judges it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { environmentOf, openService, type Service } from "../e2e/service.ts";
import { openTraceCollector, type TraceCollector } from "../e2e/trace-collector.ts";
import { until } from "../e2e/until.ts";
import { CHECKOUT, filesUnder, read } from "../house/checkout.ts";
import { type Daemon, findProgram, freePort, startDaemon } from "./daemon.ts";

const PROMETHEUS = findProgram("prometheus.test.ts", "prometheus", "prometheus");
const PROMTOOL = "promtool"; // of the same package
const DEPLOY = `${CHECKOUT}deploy/prometheus/`;
const READ_KEY = "a-key-for-prometheus-alone";
const SPEED = 300;

interface Config {
  scrape_configs: [{ authorization: { credentials_file: string }; static_configs: [{ targets: string[] }] }];
  alerting?: unknown;
  global: Record<string, string>;
}

interface Sample {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

describe.skipIf(PROMETHEUS === undefined)("promtool", () => {
  const paths = (folder: string): string[] => readdirSync(DEPLOY + folder).map((file) => `${folder}/${file}`);
  const run = (...args: string[]): string =>
    execFileSync(PROMTOOL, args, { cwd: DEPLOY, encoding: "utf8", stdio: "pipe" });

  it("finds the rules in order", () => {
    expect(run("check", "rules", ...paths("rules"))).toContain("SUCCESS: 20 rules found");
  });

  it("sees every alert fire when it should, and not otherwise", () => {
    expect(run("test", "rules", ...paths("tests")).match(/SUCCESS/g)).toHaveLength(paths("tests").length);
  });

  it("notices when a rule no longer fires", () => {
    const directory = mkdtempSync(join(tmpdir(), "after202-rules-"));
    try {
      cpSync(DEPLOY, directory, { recursive: true });
      const file = join(directory, "rules/after202.alerts.yml");
      writeFileSync(
        file,
        readFileSync(file, "utf8").replace("after202_store_up == 0", "after202_store_up == 2"),
      );
      const { status } = spawnSync(PROMTOOL, ["test", "rules", join(directory, "tests/process.test.yml")]);
      expect(status).toBe(1);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe.skipIf(PROMETHEUS === undefined)("a real Prometheus", () => {
  let directory: string;
  let simulator: Simulator;
  let collector: TraceCollector;
  let service: Service;
  let prometheus: Daemon | undefined;
  let base: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "after202-prometheus-"));
    simulator = await openSimulator({ speed: SPEED, seed: 7 });
    collector = await openTraceCollector();
    // keys, as in production: Prometheus comes with its own
    const settings = {
      API_AUTH: "keys",
      API_READ_KEY: READ_KEY,
      API_ADMIN_KEY: "an-admin-key-for-tests",
      LOG_LEVEL: "silent",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    };
    service = await openService("embedded", { ...environmentOf(simulator), ...settings });
    const submitter = openRecordedSubmitter({
      marketoUrl: simulator.marketoUrl,
      after202Url: service.url,
      apiKey: settings.API_ADMIN_KEY,
      rate: 50,
      seed: 7,
      speed: SPEED,
      limit: 20,
    });
    await submitter.finished;
    await submitter.close(0);
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    writeFileSync(join(directory, "key"), READ_KEY);
    cpSync(`${DEPLOY}rules`, join(directory, "rules"), { recursive: true });
    const recording = join(directory, "rules/after202.recording.yml");
    writeFileSync(recording, readFileSync(recording, "utf8").replace("interval: 30s", "interval: 1s"));
    writeFileSync(join(directory, "prometheus.yml"), configHere());
    prometheus = startDaemon(PROMETHEUS ?? "", [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await until("Prometheus is ready", async () => (await fetch(`${base}/-/ready`)).ok).catch(
      (cause: unknown) => {
        throw new Error(prometheus?.output(), { cause });
      },
    );
  });

  afterAll(async () => {
    await prometheus?.end();
    await collector?.close();
    await service.close();
    await simulator.close();
    rmSync(directory, { recursive: true });
  });

  /** What is deployed, at this machine's addresses, and faster. */
  function configHere(): string {
    const config = parse(readFileSync(`${DEPLOY}prometheus.yml`, "utf8")) as Config;
    const [scrape] = config.scrape_configs;
    scrape.authorization.credentials_file = join(directory, "key");
    scrape.static_configs[0].targets = [new URL(service.url).host];
    config.global = { scrape_interval: "1s", evaluation_interval: "1s" };
    delete config.alerting;
    return stringify(config);
  }

  async function query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const answer = (await response.json()) as { status: string; data: { result: Sample[] } };
    expect(answer.status).toBe("success");
    return answer.data.result;
  }

  it("finds nothing to say about the metrics of a service that has worked", async () => {
    const response = await fetch(`${service.url}/metrics`, {
      headers: { authorization: `Bearer ${READ_KEY}` },
    });
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ["check", "metrics"], {
      input: await response.text(),
      encoding: "utf8",
    });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
  });

  it("scrapes the service with its key, and keeps every label as it is", async () => {
    await until("it is up", async () => (await query('up{job="after202"} == 1')).length === 1);
    await until(
      "events are counted",
      async () => (await query('sum(after202_events_total{path="journal", outcome="new"}) > 0')).length === 1,
    );
    // a label of ours that Prometheus has itself would come back as exported_…
    expect(await query('{exported_instance=~".+"} or {exported_job=~".+"}')).toEqual([]);
    expect(await query("after202_store_up == 1")).toHaveLength(1);
    expect(await query("after202_alerts_leading == 1")).toHaveLength(1);
    const [series] = await query('count({job="after202"})');
    expect(Number(series?.value[1])).toBeLessThan(1_500);
  });

  it("computes every recording rule, and has no fault in any rule", async () => {
    interface Rule {
      readonly name: string;
      readonly type: string;
      readonly health: string;
      readonly lastError?: string;
    }
    const rules = async (): Promise<Rule[]> => {
      const answer = await fetch(`${base}/api/v1/rules`);
      const { data } = (await answer.json()) as { data: { groups: { rules: Rule[] }[] } };
      return data.groups.flatMap((group) => group.rules);
    };
    await until("all are judged", async () => (await rules()).every(({ health }) => health === "ok"));
    expect((await rules()).map(({ lastError }) => lastError ?? "").join("")).toBe("");
    const recorded = (await rules()).filter(({ type }) => type === "recording").map(({ name }) => name);
    expect(recorded).toHaveLength(8);
    // deliveries of alerts there were none, and of errors none: these two have nothing to be computed from
    const silent = /alert_delivery|http_errors/;
    for (const name of recorded.filter((one) => !silent.test(one))) {
      await until(`${name} is computed`, async () => (await query(name)).length > 0);
    }
  });

  it("knows every metric that rules and runbooks name, and can compute what they ask", async () => {
    const [files, pages] = [filesUnder("deploy/prometheus/rules", ".yml"), filesUnder("deploy", ".md")];
    const asked = pages.flatMap((path) =>
      [...read(path).matchAll(/^```promql\n([^]*?)^```/gm)].flatMap(([, code = ""]) =>
        code.trim().split("\n"),
      ),
    );
    expect(asked.length).toBeGreaterThan(25);
    for (const expression of asked) await query(expression);
    const answer = await fetch(`${base}/api/v1/metadata`);
    const { data } = (await answer.json()) as { data: Record<string, unknown> };
    const text = [...files.map(read), ...asked].join("\n");
    const named = [...text.matchAll(/(?<![\w:/])after202_\w+(?![\w:])/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ""),
    );
    expect(new Set(named).size).toBeGreaterThan(15);
    expect(named.filter((name) => data[name] === undefined)).toEqual([]);
  });

  it("raises no alarm about a service that is well", async () => {
    const [down] = await query('sum(ALERTS{alertstate="firing"}) or vector(0)');
    expect(down?.value[1]).toBe("0");
  });
});
