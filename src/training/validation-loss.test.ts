import { expect, test } from "vitest";
import { focalLossOfMargin } from "./focal-loss.ts";

/** The margin of logits at which the target's probability is p. */
const marginOf = (p: number) => Math.log(p / (1 - p));

test("focal loss from the margin: 0.00105361 at p 0.9 and 1.865094 at p 0.1, gamma 2 (Lin et al. 2017, by hand)", () => {
  expect(focalLossOfMargin(marginOf(0.9), 2)).toBeCloseTo(0.01 * -Math.log(0.9), 12);
  expect(focalLossOfMargin(marginOf(0.9), 2)).toBeCloseTo(0.00105361, 8);
  expect(focalLossOfMargin(marginOf(0.1), 2)).toBeCloseTo(1.865094, 6);
});

test("gamma 0 is cross-entropy, and extreme margins stay finite", () => {
  expect(focalLossOfMargin(marginOf(0.3), 0)).toBeCloseTo(-Math.log(0.3), 12);
  expect(focalLossOfMargin(4000, 2)).toBe(0);
  expect(focalLossOfMargin(-4000, 2)).toBe(4000);
});
