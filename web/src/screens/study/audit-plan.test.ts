import { expect, test } from "vitest";
import { cellsToDraw, planText, sizeWith } from "./audit-plan.ts";

const plan = { called: "negative" as const, available: 500, suggested: 190, drawn: 0, reviewed: 0 };

test("what was drawn before counts towards what the precision needs", () => {
  expect(cellsToDraw({ ...plan, drawn: 150 })).toBe(40);
  expect(cellsToDraw({ ...plan, drawn: 190 })).toBe(1);
});

test("who draws more asks for a sample that is larger by so many", () => {
  const before = { ...plan, drawn: 150 };
  expect(sizeWith(cellsToDraw(before), before)).toBe(190);
  expect(sizeWith(cellsToDraw(plan), plan)).toBe(190);
});

test("no more is drawn than there is", () => {
  expect(cellsToDraw({ ...plan, available: 49 })).toBe(49);
  expect(cellsToDraw({ ...plan, available: 0 })).toBe(0);
});

test("where nothing can be drawn one is told whether there never was anything, or all of it was drawn", () => {
  expect(planText({ ...plan, available: 0 })).toBe("No cell was called so.");
  expect(planText({ ...plan, available: 0, drawn: 8, reviewed: 8 })).toBe(
    "There is none left to draw. 8 were drawn before, 8 of them read.",
  );
});
