import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { CHECKOUT, read } from "../house/checkout.ts";
import { readYaml, unknownSettings } from "./deployed-file.ts";

const BASE = "deploy/kubernetes/base/";
const KUBECTL = "kubectl";
const hasKubectl = spawnSync(KUBECTL, ["version", "--client"]).status === 0;

interface Probe {
  readonly httpGet: { readonly path: string };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { name: string; value: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: { requests: Record<string, string>; limits: Record<string, string> };
  readonly securityContext: unknown;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Deployment extends Resource {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly template: {
      readonly spec: { readonly securityContext: unknown; readonly containers: readonly [Container] };
    };
  };
}

const deployments = ["ingest", "api", "alerts"].map((name): [string, Deployment] => {
  const found = readYaml<Deployment>(`${BASE}${name}.yaml`).find(({ kind }) => kind === "Deployment");
  if (found === undefined) throw new Error(`${name} has no Deployment`);
  return [name, found];
});

describe("Kubernetes", () => {
  it("runs ingest and api more than once, and alerts once", () => {
    expect(deployments.map(([name, { spec }]) => [name, spec.replicas])).toEqual([
      ["ingest", 2],
      ["api", 2],
      ["alerts", 1],
    ]);
  });

  it.each(deployments)(
    "gives %s the role of its name, settings that after202 knows, probes and bounds",
    (name, one) => {
      const { securityContext, containers } = one.spec.template.spec;
      const [container] = containers;
      expect(container.args).toEqual(["serve", "--roles", name]);
      expect(unknownSettings(container.env.map((variable) => variable.name))).toEqual([]);
      expect(container.livenessProbe.httpGet.path).toBe("/healthz");
      expect(container.startupProbe.httpGet.path).toBe("/healthz");
      expect(container.readinessProbe.httpGet.path).toBe("/readyz");
      expect(Object.keys(container.resources.requests)).toEqual(["cpu", "memory"]);
      expect(Object.keys(container.resources.limits)).toEqual(["memory"]);
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    },
  );

  it("has a disruption budget for what there is more than one of", () => {
    const budgets = readYaml<Resource>(`${BASE}disruption-budgets.yaml`).map(({ metadata }) => metadata.name);
    expect(budgets).toEqual(["ingest", "api"]);
  });

  it("has settings that after202 knows in its configuration", () => {
    const literals = [BASE, "deploy/kubernetes/overlays/example/"].flatMap((folder) =>
      readYaml<{ configMapGenerator: { literals: string[] }[] }>(`${folder}kustomization.yaml`).flatMap(
        ({ configMapGenerator }) => configMapGenerator.flatMap((one) => one.literals),
      ),
    );
    expect(literals.length).toBeGreaterThan(5);
    expect(unknownSettings(literals.map((literal) => literal.split("=")[0] ?? ""))).toEqual([]);
  });

  it("names the cluster as ClickHouse's configuration does", () => {
    const overlay = read("deploy/kubernetes/overlays/example/kustomization.yaml");
    const [, cluster] = /CLICKHOUSE_CLUSTER=(\w+)/.exec(overlay) ?? [];
    expect(read("deploy/clickhouse/cluster/cluster.xml")).toContain(`<${cluster}>`);
  });

  it.skipIf(!hasKubectl)("builds the overlay, and lets its pods reach ClickHouse", () => {
    const directory = mkdtempSync(join(tmpdir(), "after202-kustomize-"));
    try {
      cpSync(`${CHECKOUT}deploy/kubernetes`, directory, { recursive: true });
      const overlay = join(directory, "overlays/example");
      execFileSync(join(overlay, "make-secrets"));
      const built = execFileSync(KUBECTL, ["kustomize", overlay], { encoding: "utf8" });
      const resources = parseAllDocuments(built).map((document) => document.toJS() as Resource);
      expect(resources).toHaveLength(13);
      const strayed = resources.filter(
        ({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== "after202",
      );
      expect(strayed).toEqual([]);
      // kustomize's labels once changed this one to after202 itself
      const policy = resources.find(({ kind }) => kind === "NetworkPolicy");
      expect(JSON.stringify(policy)).toContain('"matchLabels":{"app.kubernetes.io/name":"clickhouse"}');
      const api = resources.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "api");
      expect((api as Deployment).spec.replicas).toBe(3);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
