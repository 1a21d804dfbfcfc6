import { expect, test } from "vitest";
import { cellsToDraw } from "./audit-plan.ts";

const plan = { called: "negative" as const, available: 500, suggested: 190, drawn: 0, reviewed: 0 };

test("what was drawn before counts towards what the precision needs", () => {
  expect(cellsToDraw({ ...plan, drawn: 150 })).toBe(40);
  expect(cellsToDraw({ ...plan, drawn: 190 })).toBe(1);
});

test("no more is drawn than there is", () => {
  expect(cellsToDraw({ ...plan, available: 49 })).toBe(49);
  expect(cellsToDraw({ ...plan, available: 0 })).toBe(0);
});
