/**
 * Checking input against schemas, with all faults of it, each with the path of its field.
 */
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Settings } from "typebox/system";
import { Value } from "typebox/value";
import { After202Error } from "../core/errors.ts";

/** One fault: `labels.job`, "must not have more than 256 characters". */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** Faults that are told of one input; the rest would only repeat them. */
const MAX_FAULTS = 50;
Settings.Set({ maxErrors: MAX_FAULTS * 2 });

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** @returns a function that lists the faults of a value; none: it fits */
export function compileCheck(schema: TSchema): (value: unknown) => Fault[] {
  const compiled = Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return [];
    const errors = compiled.Errors(value) as unknown as SchemaError[];
    return errors.flatMap((error) => faultsOf(error)).slice(0, MAX_FAULTS);
  };
}

/** For fastify: converts texts of path and query to the types that the schema names, then checks them. */
export function compileConvertingCheck(
  schema: TSchema,
): (value: unknown) => { value: unknown } | { error: After202Error } {
  const check = compileCheck(schema);
  return (value) => {
    const converted = Value.Convert(schema, value);
    const faults = check(converted);
    return faults.length === 0 ? { value: converted } : { error: inputInvalid(faults) };
  };
}

export function inputInvalid(faults: readonly Fault[]): After202Error {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  const where = first === undefined || first.field === "" ? "The input" : first.field;
  return new After202Error("INPUT_INVALID", `${where} ${first?.message ?? "is not valid"}${more}.`, {
    details: faults,
  });
}

function faultsOf(error: SchemaError): Fault[] {
  const field = fieldOf(error.instancePath);
  if (error.keyword === "additionalProperties") return []; // its fields are told one by one
  if (error.keyword === "boolean") {
    return [{ field, message: "is not a known field; check its spelling or leave it out" }];
  }
  if (error.keyword === "required") {
    return namesIn(error.params, "requiredProperties").map((name) => ({
      field: join(field, name),
      message: "is missing",
    }));
  }
  if (error.keyword === "enum" && "allowedValues" in error.params) {
    return [{ field, message: `must be one of ${String(error.params.allowedValues).replaceAll(",", ", ")}` }];
  }
  return [{ field, message: error.message }];
}

function namesIn(params: object, key: string): string[] {
  const names = (params as Record<string, unknown>)[key];
  return Array.isArray(names) ? names.map(String) : [];
}

/** `/labels/job` → `labels.job`, `/linkKeys/3` → `linkKeys[3]`. */
function fieldOf(pointer: string): string {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")).reduce(join, "");
}

function join(path: string, name: string): string {
  if (path === "") return name;
  return /^\d+$/.test(name) ? `${path}[${name}]` : `${path}.${name}`;
}
