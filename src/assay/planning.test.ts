import { expect, test } from "vitest";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { drawBinomial, poissonProbabilities, total } from "../../test/assay/probabilities.ts";
import { RandomStream } from "../core/random.ts";
import { chiSquaredTest } from "./comparison.ts";
import { binomial, tailsOf } from "./discrete-tails.ts";
import { cellsPerGroup, characteristicLimits } from "./planning.ts";

test("10 against 20 per 1000 at 80 % power, one-sided 5 %: 1826 cells a group (statsmodels)", () => {
  golden.near(
    [cellsPerGroup({ controlRate: 0.01, treatedRate: 0.02 })],
    "n per group 10 vs 20 per 1000 (a=.05 1-sided, 80%)",
  );
});

test("two-sided tests, more power and closer rates need more cells; a decrease needs as many as an increase", () => {
  const cells = cellsPerGroup({ controlRate: 0.01, treatedRate: 0.02 });
  expect(cellsPerGroup({ controlRate: 0.01, treatedRate: 0.02, sides: 2 })).toBeGreaterThan(cells);
  expect(cellsPerGroup({ controlRate: 0.01, treatedRate: 0.02, power: 0.9 })).toBeGreaterThan(cells);
  expect(cellsPerGroup({ controlRate: 0.01, treatedRate: 0.015 })).toBeGreaterThan(cells);
  expect(cellsPerGroup({ controlRate: 0.02, treatedRate: 0.01 })).toBeCloseTo(cells, 9);
});

test("simulated studies of the planned size find the difference about as often as planned", () => {
  const random = new RandomStream("power");
  const cells = Math.ceil(cellsPerGroup({ controlRate: 0.05, treatedRate: 0.1, power: 0.8 }));
  const studies = 600;
  let found = 0;
  for (let study = 0; study < studies; study++) {
    const control = { mnbnCells: drawBinomial(random, cells, 0.05), bnCells: cells };
    const treated = { mnbnCells: drawBinomial(random, cells, 0.1), bnCells: cells };
    if (treated.mnbnCells > control.mnbnCells && chiSquaredTest(treated, control).twoSided < 0.1) found++;
  }
  // Three Monte-Carlo errors of 0.016 each.
  expect(Math.abs(found / studies - 0.8)).toBeLessThan(0.05);
});

test("decision threshold and detection limit on a known background of 12 per 1000 (Biodose Tools)", () => {
  const { decisionThreshold, detectionLimit } = characteristicLimits({ kind: "known", ratePerCell: 0.012 }, 1000);
  golden.near(
    [decisionThreshold, detectionLimit],
    "decision threshold y_d, detection limit y_z mu0=.012 n=1000 (a=.05,b=.1)",
  );
});

test("decision thresholds on a background estimated as 4 in 1000 (Biodose Tools' tests)", () => {
  const cells = [20, 50, 100, 200, 500, 1000];
  const thresholds = cells.map(
    (n) => characteristicLimits({ kind: "estimated", micronuclei: 4, bnCells: 1000 }, n).decisionThreshold,
  );
  nearAll(thresholds, [1, 1, 2, 3, 7, 12]);
});

test("the threshold is the last count before the first significant one, searched one by one", () => {
  for (const [background, controls, cells] of [
    [0, 500, 300],
    [7, 2000, 900],
    [31, 1500, 5000],
    [3, 4000, 25],
  ] as const) {
    const share = cells / (cells + controls);
    let count = Math.floor((background / controls) * cells) + 1;
    while (tailsOf(binomial(count + background, share), count).twoSided >= 0.05) count++;
    const { decisionThreshold } = characteristicLimits(
      { kind: "estimated", micronuclei: background, bnCells: controls },
      cells,
    );
    expect(decisionThreshold).toBe(count - 1);
  }
});

test("a true mean at the detection limit exceeds the threshold with probability 1 - beta", () => {
  const { decisionThreshold, detectionLimit } = characteristicLimits({ kind: "known", ratePerCell: 0.004 }, 800);
  const missed = total(poissonProbabilities(detectionLimit).slice(0, decisionThreshold + 1));
  expect(missed).toBeCloseTo(0.1, 9);
});

test("without any background a single micronucleus is a finding", () => {
  expect(characteristicLimits({ kind: "known", ratePerCell: 0 }, 1000).decisionThreshold).toBe(0);
});

test("10^9 cells: the threshold lies 1.96 standard deviations above the background", () => {
  const { decisionThreshold } = characteristicLimits({ kind: "known", ratePerCell: 0.01 }, 1_000_000_000);
  expect((decisionThreshold - 1e7) / Math.sqrt(1e7)).toBeCloseTo(1.96, 2);
});

test.each([
  ["NO_DIFFERENCE_TO_FIND", () => cellsPerGroup({ controlRate: 0.01, treatedRate: 0.01 })],
  ["PROBABILITY_OUT_OF_RANGE", () => cellsPerGroup({ controlRate: 10, treatedRate: 20 })],
  ["PROBABILITY_OUT_OF_RANGE", () => cellsPerGroup({ controlRate: 0, treatedRate: 0.02 })],
  ["PROBABILITY_OUT_OF_RANGE", () => characteristicLimits({ kind: "known", ratePerCell: -1 }, 100)],
  ["NO_CELLS_COUNTED", () => characteristicLimits({ kind: "known", ratePerCell: 0.01 }, 0)],
  ["NO_CELLS_COUNTED", () => characteristicLimits({ kind: "estimated", micronuclei: 0, bnCells: 0 }, 10)],
  [
    "NO_DECISION_THRESHOLD",
    () => characteristicLimits({ kind: "estimated", micronuclei: 5, bnCells: 1 }, 1_000_000_000),
  ],
])("refuses with %s (%#)", (code, run) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});
