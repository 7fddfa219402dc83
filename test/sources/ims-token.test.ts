import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createImsToken, type TokenProvider } from "../../src/sources/ims-token.ts";
import { HandClock, until } from "../pipeline/test-clock.ts";

let server: Server;
let forms: URLSearchParams[];
let answer: { status: number; body: string } | undefined;
let clock: HandClock;
let tokens: TokenProvider;

beforeEach(async () => {
  forms = [];
  answer = undefined;
  clock = new HandClock();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/ims/token/v3") forms.push(new URLSearchParams(body));
      const token = { access_token: `t${forms.length}`, token_type: "bearer", expires_in: 86_400 };
      response.writeHead(answer?.status ?? 200).end(answer?.body ?? JSON.stringify(token));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  tokens = createImsToken({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: "client",
    clientSecret: "secret",
    scopes: ["openid", "adobeio_api"],
    clock,
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it("asks with client credentials and comma-separated scopes, once for all who ask at the same time", async () => {
  expect(await Promise.all([tokens.get(), tokens.get(), tokens.get()])).toEqual(["t1", "t1", "t1"]);
  expect(forms.map((form) => Object.fromEntries(form))).toEqual([
    {
      grant_type: "client_credentials",
      client_id: "client",
      client_secret: "secret",
      scope: "openid,adobeio_api",
    },
  ]);
});

it("renews before the token expires, and the old one serves meanwhile", async () => {
  await tokens.get();
  clock.advance(86_400_000 * 0.89);
  expect(await tokens.get()).toBe("t1");
  expect(forms.length).toBe(1);
  clock.advance(86_400_000 * 0.02);
  expect(await tokens.get()).toBe("t1");
  await until(() => forms.length === 2);
  let token = "";
  while (token !== "t2") {
    await new Promise((resolve) => setImmediate(resolve)); // the answer needs its turn of the event loop
    token = await tokens.get();
  }
  expect(forms.length).toBe(2);
});

it("lets the old token serve while the renewal fails, and rejects once it has expired", async () => {
  await tokens.get();
  answer = { status: 503, body: "" };
  clock.advance(86_400_000 * 0.95);
  expect(await tokens.get()).toBe("t1");
  await until(() => forms.length === 2);
  clock.advance(86_400_000);
  await expect(tokens.get()).rejects.toThrow("503");
});

it("asks for a new one after the other side refused the token", async () => {
  const token = await tokens.get();
  tokens.invalidate("some older one");
  expect(await tokens.get()).toBe(token);
  tokens.invalidate(token);
  expect(await tokens.get()).toBe("t2");
});

it("rejects with the reason, without the secret, when credentials are wrong or the answer is no token", async () => {
  answer = { status: 400, body: JSON.stringify({ error: "invalid_client" }) };
  await expect(tokens.get()).rejects.toThrow(/400: invalid_client$/);
  answer = { status: 200, body: '{"access_tok' };
  await expect(tokens.get()).rejects.toThrow("access_token");
});
