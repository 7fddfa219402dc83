/** Health, metrics, the front door and the documentation page. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createMemoryDesk } from "./alert-desk.ts";
import { startApi } from "./api-fixture.ts";
import { STORE_AWAY } from "./memory-store.ts";

describe("the service", () => {
  it("is alive, with or without a store", async () => {
    const api = await startApi();
    api.store.fault = STORE_AWAY;
    const { status, body } = await api.call("/healthz");
    expect([status, body]).toEqual([
      200,
      { status: "alive", version: "0.0.0-test", roles: ["ingest", "api"] },
    ]);
  });

  it("is ready while the store answers, and names the part that does not", async () => {
    const api = await startApi();
    expect((await api.call("/readyz")).body).toEqual({ status: "ready", parts: { store: "up" } });
    api.store.fault = STORE_AWAY;
    const { status, body, headers } = await api.call("/readyz");
    expect([status, body.error.code, body.error.details]).toEqual([
      503,
      "STORE_UNAVAILABLE",
      { parts: { store: "away" } },
    ]);
    expect(headers.get("retry-after")).toBe("5");
  });

  it("is ready, too, while another process runs alerting, and says which of both it is", async () => {
    const desk = createMemoryDesk();
    const api = await startApi({ alerts: desk, roles: ["alerts"] });
    expect((await api.call("/readyz")).body.parts).toEqual({ store: "up", alerts: "leading" });
    desk.leads = () => false;
    const { status, body } = await api.call("/readyz");
    expect([status, body.parts.alerts]).toEqual([200, "standby"]);
  });

  it("is not ready when the store's check fails", async () => {
    const api = await startApi({ health: { ping: () => Promise.reject(new Error("hung")) } });
    expect((await api.call("/readyz")).status).toBe(503);
  });

  it("measures by route, not by path, so that labels stay few", async () => {
    const api = await startApi();
    for (let n = 0; n < 5; n++) await api.call(`/v1/requests/r-${n}`);
    for (let n = 0; n < 5; n++) await api.call(`/nothing/${n}`);
    const { text, headers } = await api.call("/metrics");
    expect(headers.get("content-type")).toMatch(/^text\/plain/);
    const counts = text
      .split("\n")
      .filter((line) => line.startsWith("after202_http_request_duration_seconds_count"));
    expect(counts).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/route="\/v1\/requests\/:requestId",status="404"\} 5$/),
        expect.stringMatching(/route="unknown",status="404"\} 5$/),
      ]),
    );
    expect(text).toMatch(/^after202_http_problems_total\{code="REQUEST_UNKNOWN"\} 5$/m);
  });

  it("does not keep a scrape waiting for a store that hangs", async () => {
    const api = await startApi({ health: { ping: () => new Promise(() => undefined) } });
    const { text } = await api.call("/metrics");
    expect(text).toMatch(/^after202_store_up 0$/m);
  });

  it("sends headers that keep browsers from being misled", async () => {
    const api = await startApi();
    const { headers } = await api.call("/v1/stream");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-powered-by")).toBeNull();
  });

  it("leads from its front door to the documentation", async () => {
    const { url } = await startApi();
    const page = await (await fetch(url)).text();
    for (const [, href] of page.matchAll(/href="([^"]+)"/g)) {
      const { status } = await fetch(url + String(href));
      expect([href, status]).toEqual([href, href === "/metrics" ? 401 : 200]);
    }
  });
});

describe("/docs", () => {
  it("is served from this process alone", async () => {
    const { url } = await startApi();
    const response = await fetch(`${url}/docs`);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).not.toMatch(/https?:\/\//);
    const script = /<script src="([^"]+)"/.exec(page)?.[1] ?? "";
    const code = await (await fetch(new URL(script, `${url}/docs/`))).text();
    expect(code.length).toBeGreaterThan(100_000);
    const document = /"url": "([^"]+)"/.exec(page)?.[1] ?? "";
    const shown = (await (await fetch(new URL(document, `${url}/docs/`))).json()) as { openapi: string };
    expect(shown.openapi).toMatch(/^3\.1/);
  });

  it("allows the scripts of its own and no other", async () => {
    const { url } = await startApi();
    const response = await fetch(`${url}/docs/`);
    const page = await response.text();
    const inline = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(inline).digest("base64");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}'`);
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain("http");
  });
});
