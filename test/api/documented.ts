/**
 * Holds every answer to the OpenAPI document: its status, its error code and its body must be listed there.
 */
import { Compile } from "typebox/compile";
import { isErrorCode } from "../../src/core/errors.ts";
import { isObject, type JsonObject } from "../../src/core/json.ts";

export interface Operation extends JsonObject {
  readonly responses: Readonly<Record<string, JsonObject>>;
}

export interface Document extends JsonObject {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

const REF = "#/components/schemas/";

/** The operation that a call went to; undefined for paths that the document does not hold. */
export function operationOf(document: Document, method: string, path: string): Operation | undefined {
  const own = path.split("?", 1)[0] ?? "";
  const fitting = Object.keys(document.paths).filter((template) => {
    const parts = template.split("/").map((part) => (part.startsWith("{") ? "[^/]+" : part));
    return new RegExp(`^${parts.join("/")}$`).test(own);
  });
  const exact = fitting.find((template) => template === own) ?? fitting[0];
  return exact === undefined ? undefined : document.paths[exact]?.[method.toLowerCase()];
}

/** @throws Error when the answer is not one that the document lists for this operation */
export function requireDocumented(
  document: Document,
  operation: Operation,
  status: number,
  body: unknown,
): void {
  const response = operation.responses[String(status)];
  const where = `${String(operation["operationId"])} ${status}`;
  if (response === undefined) throw new Error(`${where}: not documented: ${JSON.stringify(body)}`);
  if (isObject(body) && isObject(body["error"]) && !isErrorCode(String(body["error"]["code"]))) {
    throw new Error(`${where}: ${JSON.stringify(body)} is not in the catalogue`);
  }
  const content = response["content"] as Record<string, { schema: JsonObject }> | undefined;
  const schema = content?.["application/json"]?.schema;
  if (schema === undefined || typeof body === "string") return;
  const compiled = Compile(inline(document, schema) as JsonObject);
  if (compiled.Check(body)) return;
  throw new Error(
    `${where}: differs from its schema: ${JSON.stringify([...compiled.Errors(body)].slice(0, 5))}\n${JSON.stringify(body)}`,
  );
}

/** The schema with what it points to in its place. */
export function inline(document: Document, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((one) => inline(document, one));
  if (!isObject(schema)) return schema;
  const pointer = schema["$ref"];
  if (typeof pointer === "string") {
    const target = document.components.schemas[pointer.slice(REF.length)];
    if (!pointer.startsWith(REF) || target === undefined) throw new Error(`${pointer} leads nowhere`);
    return inline(document, target);
  }
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== "example" && key !== "examples")
      .map(([key, value]) => [key, inline(document, value)]),
  );
}
