/** The README tells of every setting, error, route, command and exit code there is, and of none that is not. */
import { describe, expect, it } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { createProgram } from "../../src/cli/program.ts";
import { ERROR_CATALOGUE } from "../../src/core/errors.ts";
import { SETTINGS } from "../../src/settings.ts";
import { startApi } from "../api/api-fixture.ts";
import { plain, readmeTable } from "./checkout.ts";

describe("the README", () => {
  it("lists every setting, with its default and its purpose", () => {
    const declared = Object.entries(SETTINGS).map(([name, setting]) => [
      name,
      "preset" in setting ? setting.preset : "",
      plain("secret" in setting ? `${setting.about} Secret.` : setting.about),
    ]);
    expect(readmeTable("Settings")).toEqual(declared);
  });

  it("lists every error code, with its status, whether it is worth another try, and its meaning", () => {
    const declared = Object.entries(ERROR_CATALOGUE).map(([code, { status, retryable, meaning }]) => [
      code,
      String(status),
      retryable ? "yes" : "no",
      meaning,
    ]);
    expect(readmeTable("Errors")).toEqual(declared);
  });

  it("lists every route of the API", async () => {
    const { document } = await startApi();
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // One line may hold several methods of a route, or several routes of a method; /docs is a page, not a route of the document.
    const told = readmeTable("HTTP API").flatMap(([cell = ""]) => {
      const words = cell.replaceAll(/\?\S*/g, "").split(/[ ,]+/);
      const methods = words.filter((word) => /^[A-Z]+$/.test(word));
      const paths = words.filter((word) => word.startsWith("/") && word !== "/docs/");
      return paths.flatMap((path) => methods.map((method) => `${method} ${path}`));
    });
    expect(told.toSorted()).toEqual(routes.toSorted());
  });

  it("lists every command", async () => {
    const { commands } = await createProgram([]);
    const told = readmeTable("Command line", 0).map(([cell = ""]) => cell.split(/[ ,]+/)[0] ?? "");
    expect(told.toSorted()).toEqual(commands.map((command) => command.name()).toSorted());
  });

  it("lists every exit code", () => {
    const told = readmeTable("Command line", 1).map(([code]) => Number(code));
    expect(told).toEqual(Object.values(EXIT));
  });
});
