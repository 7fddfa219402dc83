/**
 * `Link` headers (RFC 8288), as far as following needs them: targets by relation type.
 */

const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s";,]+))?)*)/g;
const PARAMETER = /;\s*([^\s=;,]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]+)))?/g;

/** @returns the target of the first link with this relation, as it stands there: it may be relative */
export function linkTarget(header: string | undefined, relation: string): string | undefined {
  for (const [, target, parameters] of (header ?? "").matchAll(LINK)) {
    if (relationsOf(parameters ?? "").includes(relation)) return target?.trim();
  }
  return undefined;
}

function relationsOf(parameters: string): string[] {
  for (const [, name, quoted, token] of parameters.matchAll(PARAMETER)) {
    if (name?.toLowerCase() === "rel") return (quoted ?? token ?? "").toLowerCase().split(/\s+/);
  }
  return [];
}
