import { expect, it } from "vitest";
import { AlertBook } from "../../src/alerts/alert-book.ts";
import { linkRetryAtRisk } from "../../src/alerts/rules/link-retry-at-risk.ts";
import { NO_REQUESTS } from "../../src/core/alert.ts";
import { AT, sampleAlert } from "./hooks/sample-alert.ts";

const GROUP = sampleAlert().group;
const FOUND = { evidence: "inferred", reason: "at risk" } as const;

it("an alert goes on when another request joins before anybody was told of its end", () => {
  const book = new AlertBook([]);
  const first = book.openFor(linkRetryAtRisk, GROUP, FOUND, AT);
  book.resum(first, NO_REQUESTS, "resolved", AT + 1);
  expect(book.byId(first.alertId)).toMatchObject({ status: "resolved", endsAt: AT + 1 });
  const again = book.openFor(linkRetryAtRisk, GROUP, FOUND, AT + 2);
  expect(again).toMatchObject({ alertId: first.alertId, status: "firing", endsAt: null, startsAt: AT });
  expect(book.takeChanges().events.map(({ what }) => what)).toEqual(["firing", "resolved", "firing"]);
});

it("an alert that has left the book begins anew", () => {
  const book = new AlertBook([]);
  const first = book.openFor(linkRetryAtRisk, GROUP, FOUND, AT);
  book.end(first, "resolved", "over", AT + 1);
  book.close(first);
  expect(book.openFor(linkRetryAtRisk, GROUP, FOUND, AT + 2).alertId).not.toBe(first.alertId);
});
