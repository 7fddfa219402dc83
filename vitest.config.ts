import { defineConfig } from "vitest/config";

/** Where a report in JSON goes, beside the one on the terminal; CI counts from it. */
const report = process.env["TEST_REPORT"];

/** What needs a Debian package runs by itself: `npm run test:interop`. */
const interop = process.env["TEST_SUITE"] === "interop";
/** The end-to-end tests once more, against five processes of different roles: `npm run test:five`. */
const five = process.env["TEST_SUITE"] === "five";

export default defineConfig({
  test: {
    include: [interop ? "test/interop/**/*.test.ts" : five ? "test/e2e/**/*.test.ts" : "test/**/*.test.ts"],
    exclude: [...(interop ? [] : ["test/interop/**"]), "node_modules/**"],
    pool: "forks", // the embedded engine lives in the process: one process a file
    maxWorkers: five ? 2 : 3, // of which one mostly waits; five processes each are enough
    testTimeout: 240_000, // property tests over two stores, on a busy machine
    hookTimeout: five ? 300_000 : 120_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
