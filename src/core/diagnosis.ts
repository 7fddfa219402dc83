/**
 * What is wrong with a dead letter, and where: as the present decoder sees it, which may be newer than the one that gave it up.
 *
 * Nothing of this is stored: the place follows from the input. A letter without faults would be read by a redrive.
 */
import { listEnvelopes, unwrapEvent } from "./envelope.ts";
import { After202Error, type ErrorCode } from "./errors.ts";
import { pathOf } from "./field.ts";
import { isObject, parseJson } from "./json.ts";
import { type JsonStep, scanJson } from "./json-scan.ts";
import { decodeEvent } from "./mods-event.ts";

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** `events[3].data.requests[0].records.received`; null where no value is to blame, but the text itself. */
  readonly path: string | null;
  /** null: no place in it is to blame. */
  readonly place: FaultPlace | null;
}

export interface FaultPlace {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  /** In bytes, from 0. */
  readonly offset: number;
  /** Characters that are to blame: of a value its length, else 1. */
  readonly length: number;
}

interface Letter {
  readonly code: ErrorCode;
  readonly body: string;
  readonly encoding: "utf-8" | "base64";
}

/** A batch of thousands of faults needs no thousand places. */
const MAX_FAULTS = 5;
const REPLACEMENT = "\u{FFFD}";
const READING_CODES: readonly ErrorCode[] = [
  "PAGE_UNREADABLE",
  "EVENT_UNREADABLE",
  "EVENT_NOT_UTF8",
  "EVENT_INVALID",
  "EVENT_TYPE_UNKNOWN",
];

/** @returns undefined where it was not for reading it that the letter is dead (too large, refused by the store) */
export function diagnose({ code, body, encoding }: Letter): Fault[] | undefined {
  if (!READING_CODES.includes(code)) return undefined;
  if (encoding === "base64") return [notUtf8(bytesOf(body))];
  if (code === "EVENT_NOT_UTF8") return [replaced(body)];
  try {
    return faultsOf(body, parseJson(body));
  } catch (error) {
    if (!(error instanceof After202Error)) throw error;
    return [unreadable(body)];
  }
}

function faultsOf(text: string, payload: unknown): Fault[] {
  const found: Fault[] = [];
  for (const { envelope, steps } of envelopesOf(payload)) {
    const { faults } = decodeEvent(envelope);
    for (const fault of faults) {
      if (found.length === MAX_FAULTS) return found;
      const path = [...steps, ...wayIn(envelope), ...stepsOf(pathOf(fault))];
      const { code, message } = fault;
      found.push({ code, message, path: pathText(path), place: placeOfValue(text, path) });
    }
  }
  return found;
}

function envelopesOf(payload: unknown): { envelope: unknown; steps: JsonStep[] }[] {
  const envelopes = listEnvelopes(payload);
  if (envelopes.length === 1 && envelopes[0] === payload) return [{ envelope: payload, steps: [] }];
  const key = isObject(payload)
    ? Object.keys(payload).find((name) => payload[name] === envelopes)
    : undefined;
  return envelopes.map((envelope, index) => ({
    envelope,
    steps: key === undefined ? [index] : [key, index],
  }));
}

/** From the envelope to the event in it. */
function wayIn(envelope: unknown): JsonStep[] {
  const steps: JsonStep[] = [];
  const { event } = unwrapEvent(envelope);
  for (let level = envelope; level !== event && isObject(level);) {
    const outer = level;
    const key = ["detail", "event", "body"].find(
      (name) => isObject(outer[name]) && unwrapEvent(outer[name]).event === event,
    );
    if (key === undefined) break;
    steps.push(key);
    level = outer[key];
  }
  return steps;
}

/** The value at the path; of one that is missing, the innermost around it that is there. */
function placeOfValue(text: string, path: readonly JsonStep[]): FaultPlace {
  let best = { depth: -1, from: 0, until: 1 };
  scanJson(text, (at, from, until) => {
    if (at.length <= path.length && at.length >= best.depth && at.every((step, i) => step === path[i])) {
      best = { depth: at.length, from, until };
    }
  });
  const isWhole = best.depth === path.length && !/[[{]/.test(text.charAt(best.from));
  return placeAt(text, best.from, isWhole ? countCharacters(text, best.from, best.until) : 1);
}

function unreadable(text: string): Fault {
  const at = Math.max(0, scanJson(text));
  const what =
    at >= text.length ? "it breaks off here" : `${JSON.stringify(charAt(text, at))} cannot stand here`;
  return { code: "EVENT_UNREADABLE", message: `Not JSON: ${what}.`, path: null, place: placeAt(text, at, 1) };
}

function replaced(text: string): Fault {
  const at = Math.max(0, text.indexOf(REPLACEMENT));
  const message = "The bytes that stood here are not UTF-8; they are shown as U+FFFD.";
  return { code: "EVENT_NOT_UTF8", message, path: null, place: placeAt(text, at, 1) };
}

function notUtf8(bytes: Uint8Array): Fault {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let place = placeAt(text, text.length, 1);
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) {
    place = placeAt(text, at, 1);
    const { offset } = place;
    // the character itself, written as it should be, is no fault
    if (bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd) continue;
    break;
  }
  const byte = bytes[place.offset]?.toString(16).padStart(2, "0") ?? "";
  return { code: "EVENT_NOT_UTF8", message: `The byte 0x${byte} is not UTF-8 here.`, path: null, place };
}

function placeAt(text: string, index: number, length: number): FaultPlace {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    line: before.split("\n").length,
    column: countCharacters(text, lineStart, index) + 1,
    offset: new TextEncoder().encode(before).length,
    length,
  };
}

/** The second halves of surrogate pairs do not count. */
function countCharacters(text: string, from: number, until: number): number {
  let count = 0;
  for (let i = from; i < until; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++;
  return count;
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** `data.requests[3].records` → data, requests, 3, records. */
function stepsOf(path: string): JsonStep[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, index]) =>
    index === undefined ? name : Number(index),
  );
}

function pathText(steps: readonly JsonStep[]): string {
  return steps
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
