import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { CHECKOUT, read } from "../house/checkout.ts";
import { readYaml, unknownSettings } from "./deployed-file.ts";

const FOLDER = `${CHECKOUT}deploy/compose/`;

interface Service {
  readonly environment?: Record<string, string>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly (string | { source: string })[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
}

interface Compose {
  readonly services: Record<string, Service>;
  readonly secrets: Record<string, { file: string }>;
}

const [compose] = readYaml<Compose>("deploy/compose/compose.yaml");
const services = Object.entries(compose?.services ?? {});

describe("compose.yaml", () => {
  it("has after202 and all that belongs to it", () => {
    expect(services.map(([name]) => name)).toEqual([
      "after202",
      "clickhouse",
      "prometheus",
      "alertmanager",
      "grafana",
    ]);
  });

  it("opens no port to the network", () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports).toHaveLength(4);
    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
  });

  it.each(services)("bounds %s: no capability, no new one, no memory without end", (_, service) => {
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toEqual(["no-new-privileges:true"]);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  });

  it("leaves nobody but ClickHouse a root file system to write to", () => {
    const writable = services.filter(([, service]) => service.read_only !== true).map(([name]) => name);
    expect(writable).toEqual(["clickhouse"]);
  });

  it("mounts files that are there", () => {
    const sources = services
      .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0] ?? ""))
      .filter((source) => source.startsWith("."));
    expect(sources.length).toBeGreaterThan(8);
    const hasDashboards = existsSync(`${CHECKOUT}dashboards`);
    const missing = sources
      .filter((source) => hasDashboards || !source.includes("dashboards/generated"))
      .filter((source) => !existsSync(resolve(FOLDER, source)));
    expect(missing).toEqual([]);
  });

  it("gives after202 settings that it takes, and no secret in clear", () => {
    const { environment = {} } = compose?.services["after202"] ?? {};
    expect(unknownSettings(Object.keys(environment))).toEqual([]);
    const secret = "0123456789abcdef0123456789abcdef";
    expect(loadConfig({ ...environment, HOST: "0.0.0.0" }, "", () => secret).readKey).toBe(secret);
    for (const [, service] of services) {
      for (const name of Object.keys(service.environment ?? {})) {
        if (/PASSWORD|SECRET|KEY/.test(name)) expect(name).toMatch(/_FILE$/);
      }
    }
  });

  it("finds every secret where make-secrets has made it: long, all different, and not made twice", () => {
    const directory = mkdtempSync(join(tmpdir(), "after202-compose-"));
    try {
      cpSync(`${FOLDER}make-secrets`, join(directory, "make-secrets"));
      const make = (): string => execFileSync(join(directory, "make-secrets"), { encoding: "utf8" });
      expect(make()).toBe("");
      const wanted = Object.values(compose?.secrets ?? {}).map(({ file }) => file.replace("secrets/", ""));
      expect(readdirSync(join(directory, "secrets")).toSorted()).toEqual(wanted.toSorted());
      const contents = (): string[] =>
        wanted.map((name) => readFileSync(join(directory, "secrets", name), "utf8"));
      const made = contents();
      expect(made.filter((secret) => !/^[A-Za-z0-9]{32}$/.test(secret))).toEqual([]);
      expect(new Set(made).size).toBe(wanted.length);
      make();
      expect(contents()).toEqual(made);
      expect(statSync(join(directory, "secrets")).mode & 0o777).toBe(0o700);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("keeps the secrets out of the repository", () => {
    expect(read("deploy/compose/.gitignore")).toContain("secrets/");
  });

  it("lets Prometheus in with the key that it is given", () => {
    const [prometheus] = readYaml<{
      scrape_configs: { authorization: { credentials_file: string } }[];
    }>("deploy/prometheus/prometheus.yml");
    expect(prometheus?.scrape_configs[0]?.authorization.credentials_file).toBe(
      "/run/secrets/after202_read_key",
    );
    expect(compose?.services["prometheus"]?.secrets).toEqual([
      { source: "read_key", target: "after202_read_key" },
    ]);
  });
});
