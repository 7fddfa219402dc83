import { describe, expect, it } from "vitest";
import { read } from "../house/checkout.ts";
import { deployedFiles, readYaml } from "./deployed-file.ts";

/** Every `image:` of a document, at any depth. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "image" && typeof inner === "string" ? [inner] : imagesIn(inner),
  );
}

/** Those that stages are built from, with the defaults of ARG put in. */
function basesOf(dockerfile: string): string[] {
  const args = new Map(
    [...dockerfile.matchAll(/^ARG (\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]),
  );
  return [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = ""]) =>
    base.replace(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? ""),
  );
}

describe("images", () => {
  const images = [
    ...basesOf(read("deploy/Dockerfile")),
    ...deployedFiles(".yaml").flatMap((path) => readYaml(path).flatMap(imagesIn)),
  ];

  it("are all of one full version: what was tried is what runs", () => {
    expect(images.length).toBeGreaterThan(8);
    expect(images.filter((image) => !/:v?\d+\.\d+\.\d+(\.\d+)?(-[\w.-]+)?$/.test(image))).toEqual([]);
  });

  it("of after202 are of the version of this checkout", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    const own = images.filter((image) => image.startsWith("after202:"));
    expect(own.length).toBeGreaterThan(3);
    expect(new Set(own)).toEqual(new Set([`after202:${version}`]));
  });

  it("of Node.js are those of the version that CI runs the tests on", () => {
    const [, node] = /NODE_24=(\S+)/.exec(read(".ci/run")) ?? [];
    expect(new Set(basesOf(read("deploy/Dockerfile")))).toEqual(new Set([`node:${node}-bookworm-slim`]));
  });
});
