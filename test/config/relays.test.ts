import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { accused } from "./complaints.ts";

describe("relays", () => {
  it("are off unless they are set", () => {
    expect(loadConfig({}).relays).toEqual({ sse: undefined, websocket: undefined });
  });

  it("are told where and how, and acknowledge only if told to", () => {
    const env = { SSE_URL: "https://relay.example/events", SSE_AUTHORIZATION: "Bearer s" };
    const WEBSOCKET_URL = "wss://relay.example/ws";
    expect(loadConfig({ ...env, WEBSOCKET_URL }).relays).toEqual({
      sse: { url: "https://relay.example/events", authorization: "Bearer s" },
      websocket: { url: WEBSOCKET_URL, authorization: undefined, acks: false },
    });
    expect(loadConfig({ WEBSOCKET_URL, WEBSOCKET_ACKS: "on" }).relays.websocket?.acks).toBe(true);
  });

  it.each([
    ["another scheme", { SSE_URL: "wss://relay.example" }, "SSE_URL"],
    ["another scheme", { WEBSOCKET_URL: "https://relay.example" }, "WEBSOCKET_URL"],
    ["credentials in a URL", { SSE_URL: "https://me:pw@relay.example" }, "SSE_URL"],
    ["credentials for nothing", { SSE_AUTHORIZATION: "Bearer s" }, "SSE_URL"],
    [
      "a header of two lines",
      { SSE_URL: "https://relay.example", SSE_AUTHORIZATION: "a\r\nb: c" },
      "SSE_AUTHORIZATION",
    ],
  ])("do not take %s", (_, env, name) => {
    expect(accused(env)).toEqual([name]);
  });

  it("never show credentials in a complaint", () => {
    const env = { SSE_URL: "https://relay.example", SSE_AUTHORIZATION: "secret\nvalue" };
    let told = "";
    try {
      loadConfig(env);
    } catch (error) {
      told = String(error);
    }
    expect(told).toContain("SSE_AUTHORIZATION");
    expect(told).not.toContain("secret");
  });

  it("keep their names: a journal of the same name would take their cursor", () => {
    const journal = "{ name: sse, url: https://j.example, clientId: c, clientSecret: s, orgId: o }";
    expect(accused({}, `journals: [${journal}]`)).toEqual(["journals[0].name"]);
  });
});
