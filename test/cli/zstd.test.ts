/** What the zstd tool packed is unpacked byte for byte, however it arrives, and no damage to it goes unseen. */
import { expect, it } from "vitest";
import { isZstd, unpackZstd } from "../../src/cli/replay/zstd.ts";
import { flipped } from "./zstd-samples.ts";

const TEXT = Array.from(
  { length: 120 },
  (_, i) =>
    `{"id":"e${i}","data":{"requests":[{"requestId":"r${(i * 37) % 101}","records":{"received":${i % 7}}}]}}\n`,
).join("");

/** TEXT by `zstd -3` (with a checksum) and by `zstd -19 --no-check`. */
const CHECKED = Buffer.from(
  "KLUv/QRYTRUAVlo+GYBLoQ3q42lIuQ2FlDPXW+SmnUl+DjeVFQxJAC8AMACm2XOkR59JUV3mZCOXXWHHNawSYLEgWCwEMRIKhwOFwUJCAcFAoTAChigMxEgIDCDGAsOCoiFBoTAeEKOAoSAxAoYoBmIkDsZDLEvnQ9PtuZ4NFXkxuk1X17RlR1j+ZOxXRDep5nH5Gal5O1RHy9kOp4wUovBVJAkmU7eTyW7VdEiWvD5HZ6YqP0a0xf469b57fzNGK6GfRGW7paE5iSW5OxlN2V7T0AEAiwXBYiEnd1g50cIKR0ihCG8SWljhnCN3Itrqm7JOerc7usdqNkSa1G1kPq21uSMFgWmogdjXrzYDsYYiY3IKBxJIIAggEARTqYRghCBlM+ERgf2eTw+c3sjpfLXX9EcezlcLTH/kbL7aW/ojj+arBaU/cjJf7SX9kQfzKQCpJnrQsnUklp/2jP7IU/lqFf1ha/JVZJl7j/w0V+beHz9Nlbn3xk8zZe598dNEmXtP/Ao8Vq8LJeXgCz8nSbveYuk5JOroUL3Mk/i2ZehcHHvuW2vOumGu+kFu3S3XF3msHLfwm9dF6jR3WzdFmp6Hd5/7cn3bnI9pzOsiexCumy7HinTGG8cfSfTQsfFYJHBU0pUOvshw5hwPeRlyd8SHM0sNYY6HRYIEbjrqY16HqSe3P1j6I7GchiwSd8cLEaXIOTObV0N5YG71+FGOw1sC0jo2Nh6L5BybMbTcByaeO3ny8pDdLR7MIDUGezw8kii9fWD/+ZVKBrn8AOklaU9TJvKjw6f1GqRlfCajRv2Y2/5+kce0lTjpzds/Oe6hyOL3h0xZGOTDkx/n3vUomcsX6bcjg70cNS+/ceTkNqYU384Iq9F/xo2IfyoPhyu5h/JPmEwi+jsi0vRn+VQd8k4VLYAjOg==",
  "base64",
);
const UNCHECKED = Buffer.from(
  "KLUv/QBo3REAxp9HGYBLoQ3qo9+AlJNQSDlzvUV2d+9UOdxUVjBOADsAOwAlsc64PmylKtPaXUuon/6slslSolydia0Ii45opGM696YAiwXBYiGHgTjDwQ0UiASCwRMJgYHDUCgovpDwxGg4jAKFAsQIGPJxGIiD0RB1TyU9yyakJ9Fdut3Qc0w33Uzo6ZzEudXNszZYcyOa58znPLfpSOdjFrNN0jVlsnoE7SHX7MvZZlyXAafi8fAlvPFoOB105RWrLrwj3dt73dxxfO9J2R3trMLajfYiO46dvcaeabeVy9XEEldZtSqvyFRTrqcFYh33sFKd9q5CHfesLZmWKKVzJbVYWkKpHElNKj2dlG6kF+nJRPpzk+qaL+aJ8jf5Xp4mj5mvkRFbGIEfqEFgX1X22A0x1iQp3RJAEEAQQCAIhhK8VLBCMPQH2VEoTO2KMrG5UiNfaw4C1+EnPSFelvXClQe1KlGGTVkvRHlQ+5NuG3RJ6MNx/EmqadyWAifZmQhTHxXZXf4o1KrU1KO1bE2EUY6SmjrVhWx+xtbwQ2PKi1h2Kg+yUZQcM7d2Zll+Ne9Ru5SD3CiOMiToi6mtSxC+niW/MZN5HAvOTUK0Z1zoFhbpz2kNtNuiyHK2q1iGfkneqsO/DJSjm/bx0thkZlbSqmXt/1Y7zQ+16P2MmSlRz1iInmG+yOrjkBf1ILEM/1h97PGiviOW4Ryrb1e40duCz2h8U3ofUzelOE0tTtLqklhLxDm7CDWp7HQYMPWAeMhLVQ==",
  "base64",
);

async function unpack(packed: Buffer, chunkBytes = packed.length): Promise<string> {
  async function* chunks() {
    for (let from = 0; from < packed.length; from += chunkBytes)
      yield packed.subarray(from, from + chunkBytes);
  }
  const parts: Buffer[] = [];
  for await (const part of unpackZstd(chunks())) parts.push(part);
  return Buffer.concat(parts).toString();
}

it.each([1, 7, 100, 100_000])("unpacks what comes in pieces of %i bytes", async (chunkBytes) => {
  expect(await unpack(CHECKED, chunkBytes)).toBe(TEXT);
  expect(await unpack(UNCHECKED, chunkBytes)).toBe(TEXT);
  expect(await unpack(Buffer.concat([UNCHECKED, CHECKED, UNCHECKED]), chunkBytes)).toBe(TEXT.repeat(3));
});

it("hands on no wrong byte of a frame with a checksum unseen, wherever it is damaged", async () => {
  for (let at = 4; at < CHECKED.length; at++) {
    const outcome = await unpack(flipped(CHECKED, at)).catch(() => TEXT);
    expect(outcome, `byte ${at}`).toBe(TEXT);
  }
});

it("notices every place at which a frame may break off", async () => {
  for (let length = 1; length < CHECKED.length; length++) {
    await expect(unpack(CHECKED.subarray(0, length))).rejects.toThrow();
  }
});

it("is told by its first bytes", () => {
  expect([CHECKED, Buffer.from("5f2a4d18", "hex")].map(isZstd)).toEqual([true, true]);
  expect([Buffer.from("{}"), Buffer.from("28b52f", "hex"), Buffer.from("1f8b0800", "hex")].some(isZstd)).toBe(
    false,
  );
});
