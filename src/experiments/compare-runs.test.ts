import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { compareRuns, holmAdjusted } from "./compare-runs.ts";

test("Holm's p values of the worked example in order of input (reference: statsmodels)", () => {
  // Pairwise Fisher p values of a dose series, given out of order.
  const adjusted = holmAdjusted([9.03728e-5, 0.350066, 0.0320221]);
  expect(adjusted[0]).toBeCloseTo(0.000271118, 8);
  expect(adjusted[1]).toBeCloseTo(0.350066, 12);
  expect(adjusted[2]).toBeCloseTo(0.0640442, 6);
});

test("Holm's p values never fall below a smaller one's, and end at 1 (by hand)", () => {
  // 3 * 0.03 = 0.09; 2 * 0.04 = 0.08 is raised to 0.09; 0.9 stays.
  expect(holmAdjusted([0.03, 0.04, 0.9])).toEqual([0.09, 0.09, 0.9]);
  expect(holmAdjusted([0.6, 0.7])).toEqual([1, 1]);
});

const positives = [true, true, false, false];
const options = { stream: new RandomStream(1), resamples: 50 };

test("differences are the entry's minus the proposed one's (by hand)", () => {
  const entry = { scores: [0.9, 0.4, 0.6, 0.1], threshold: 0.5 };
  const proposed = { scores: [0.9, 0.8, 0.2, 0.1], threshold: 0.5 };
  const groups = ["a", "b", "a", "b"];
  const comparison = compareRuns([[entry, proposed]], { positives, groups }, options);
  // AUC 3 of 4 pairs against 4; AP 1/2 + 1/2 * 2/3 = 5/6; F1 2 * 1 / (2 + 1 + 1) = 1/2.
  expect(comparison.auc.mean).toBeCloseTo(-1 / 4, 12);
  expect(comparison.ap.mean).toBeCloseTo(-1 / 6, 12);
  expect(comparison.f1.mean).toBeCloseTo(-1 / 2, 12);
  // Two cells that only the proposed one calls right: p = 2 * (1/2)^2.
  expect(comparison.mcnemarP).toBeCloseTo(0.5, 12);
});

test("differences are means over the seeds, the tests those of the first pair (by hand)", () => {
  const entry = { scores: [0.9, 0.4, 0.6, 0.1], threshold: 0.5 };
  const same = { scores: [0.9, 0.8, 0.2, 0.1], threshold: 0.5 };
  const groups = ["a", "b", "a", "b"];
  const comparison = compareRuns(
    [
      [entry, same],
      [same, same],
    ],
    { positives, groups },
    options,
  );
  // First pair as above, second pair no difference at all.
  expect(comparison.seeds).toBe(2);
  expect(comparison.auc.mean).toBeCloseTo(-1 / 8, 12);
  // sqrt((-1/4 + 1/8)^2 + (0 + 1/8)^2)
  expect(comparison.auc.standardDeviation).toBeCloseTo(Math.sqrt(2) / 8, 12);
  expect(comparison.ap.mean).toBeCloseTo(-1 / 12, 12);
  expect(comparison.f1.mean).toBeCloseTo(-1 / 4, 12);
  expect(comparison.mcnemarP).toBeCloseTo(0.5, 12);
});
