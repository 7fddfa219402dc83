import { readFileSync, readdirSync } from "node:fs";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { normaliseLinkValue } from "../../src/recorder/link-keys.ts";
import { readLinkValues } from "../../src/recorder/link-values.ts";
import { recordedFetch } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { type FakeService, freshSpool, openFakeService, openQuickRecorder } from "./recorder-rig.ts";

const SECRET = "a secret of many characters";
const digestOf = (value: string): string => createHmac("sha256", SECRET).update(value).digest("hex");
const LINKED = { linkFields: { purchases: "email" }, linkKeySecret: SECRET };
const BASE = "https://mkto-ingestion-api.adobe.io/subscriptions/123-ABC-456";
const accepting = async () => new Response(null, { status: 202 });

async function post(service: FakeService, options: Partial<RecorderOptions>, path: string, body: object) {
  const recorder = openQuickRecorder(service, options);
  const send = recordedFetch(accepting, recorder);
  await send(`${BASE}/${path}`, { method: "POST", body: JSON.stringify(body) });
  expect(await recorder.flush()).toBe(0);
  return { recorder, told: service.taken.at(-1) };
}

describe("link keys", () => {
  it("are one digest for the link value of an object and for the person it names, however they are written", async () => {
    const service = await openFakeService();
    const purchases = {
      customObjects: [{ email: " Ada@Example.com ", orderId: 1 }, { email: "b@example.com" }],
    };
    const { told: object } = await post(service, LINKED, "customobjects/purchases", purchases);
    const { told: person } = await post(service, LINKED, "persons", {
      persons: [{ email: "ada@example.COM" }],
    });
    expect(object).toMatchObject({
      linkField: "email",
      linkKeys: [digestOf("ada@example.com"), digestOf("b@example.com")],
    });
    expect(person).toMatchObject({ personKeys: [digestOf("ada@example.com")] });
    expect(person?.linkKeys ?? object?.personKeys).toBeUndefined();
  });

  it("are absent without a secret, but the link field is told", async () => {
    const service = await openFakeService();
    const options = { linkFields: { purchases: "email" }, linkKeySecret: "" };
    const { told } = await post(service, options, "customobjects/purchases", {
      customObjects: [{ email: "a@b.c" }],
    });
    expect(told).toMatchObject({ linkField: "email" });
    expect(told?.linkKeys).toBeUndefined();
  });

  it("are the values themselves only where that is asked for, in characters that the API takes", async () => {
    const service = await openFakeService();
    const body = { customObjects: [{ email: "A@b.c" }, { email: `${"long".repeat(40)}@b.c` }] };
    const { recorder, told } = await post(
      service,
      { ...LINKED, plainLinkKeys: true },
      "customobjects/purchases",
      body,
    );
    const [plain = "", long = ""] = told?.linkKeys ?? [];
    expect(Buffer.from(plain.replace("plain_", ""), "base64url").toString()).toBe("a@b.c");
    expect(told?.linkKeys?.every((key) => /^[A-Za-z0-9_=-]{1,128}$/.test(key))).toBe(true);
    expect(long).toBe(digestOf(`${"long".repeat(40)}@b.c`));
    expect((await recorder.resolve([plain])).get(plain)).toBe("a@b.c");
  });

  it("are resolved by the recorder that made them, and nothing else is", async () => {
    const service = await openFakeService();
    const { recorder, told } = await post(service, LINKED, "persons", {
      persons: [{ email: "a@b.c" }, { email: "d@e.f" }],
    });
    const found = await recorder.resolve([...(told?.personKeys ?? []), "0".repeat(64)]);
    expect([...found.values()].toSorted()).toEqual(["a@b.c", "d@e.f"]);
    expect(await openQuickRecorder(service, LINKED).resolve(told?.personKeys ?? [])).toEqual(new Map());
  });

  it("are resolved by another process through an encrypted file, if that was asked for", async () => {
    const service = await openFakeService();
    const spoolDir = freshSpool();
    const { recorder, told } = await post(service, { ...LINKED, spoolDir, linkValues: "file" }, "persons", {
      persons: [{ email: "ada@example.com" }],
    });
    await recorder.close();
    const keys = told?.personKeys ?? [];
    expect(await readLinkValues(spoolDir, SECRET, new Set(keys))).toEqual(
      new Map([[keys[0], "ada@example.com"]]),
    );
    expect(await readLinkValues(spoolDir, "another secret of many characters", new Set(keys))).toEqual(
      new Map(),
    );
    const files = readdirSync(spoolDir);
    expect(files).toEqual(["link-values.sealed"]);
    for (const file of files) expect(readFileSync(join(spoolDir, file), "utf8")).not.toMatch(/ada|example/);
  });

  it.each([
    [" Ada@Example.COM\n", "ada@example.com"],
    [" Order-7 ", "Order-7"],
    [42, "42"],
    [null, ""],
    [{ a: 1 }, ""],
    [undefined, ""],
  ])("compare %j as %j", (value, normal) => {
    expect(normaliseLinkValue(value)).toBe(normal);
  });
});
