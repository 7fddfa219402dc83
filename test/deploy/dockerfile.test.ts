/** What can be known of the image without building it: its instructions, its context, and its health check, run for real. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { CHECKOUT, read } from "../house/checkout.ts";
import { unknownSettings } from "./deployed-file.ts";

const text = read("deploy/Dockerfile").replaceAll("\\\n", " ");
const stages = text.split(/^(?=FROM )/m).slice(1);
const [build = "", dependencies = "", final = ""] = stages;

describe("the image", () => {
  it("runs as nobody in particular, by number, so that Kubernetes can tell", () => {
    expect(final.match(/^USER .*/gm)).toEqual(["USER 1000:1000"]);
  });

  it("holds no development dependency, and runs no script of a package", () => {
    expect(dependencies).toContain("npm ci --omit=dev");
    for (const line of text.match(/^RUN npm ci.*/gm) ?? []) expect(line).toContain("--ignore-scripts");
    expect(final).not.toMatch(/^RUN npm|^COPY --from=build \/app\/node_modules/m);
  });

  it("is given settings that after202 knows", () => {
    const names = [...(/^ENV (.*)/m.exec(final)?.[1] ?? "").matchAll(/(\w+)=/g)].map(([, name = ""]) => name);
    expect(names).toContain("DATA_DIR");
    expect(unknownSettings(names)).toEqual([]);
  });

  it("is built from files that are there and that the context lets in, and from nothing else", () => {
    const allowed = [...read("deploy/Dockerfile.dockerignore").matchAll(/^!(.*)/gm)].map(([, path]) => path);
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = ""]) =>
      paths.split(" "),
    );
    expect(new Set(copied)).toEqual(new Set(allowed));
    expect(copied.filter((path) => !existsSync(CHECKOUT + path))).toEqual([]);
    for (const needed of ["tsconfig.build.json", "src"]) expect(build).toContain(needed);
  });

  it("starts what the package is", () => {
    const { bin } = JSON.parse(read("package.json")) as { bin: { after202: string } };
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(final)?.[1] ?? "")).toEqual(["node", bin.after202]);
  });

  it.each([
    [200, 0],
    [503, 1],
    [undefined, 1],
  ])("is healthy by the service's answer: %s gives %i", async (status, code) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status ?? 500).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    if (status === undefined) server.close();
    const [program, ...args] = JSON.parse(/HEALTHCHECK.*CMD (\[.*\])/.exec(final)?.[1] ?? "[]") as string[];
    expect(program).toBe("node");
    const child = execFile(process.execPath, args, { env: { PORT: String(port) } });
    const [exitCode] = (await once(child, "exit")) as [number];
    server.close();
    expect([exitCode, asked]).toEqual([code, status === undefined ? [] : ["/healthz"]]);
  });
});
