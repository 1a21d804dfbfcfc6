import fc from "fast-check";
import { expect, test } from "vitest";
import { logLoss } from "./calibration.ts";
import { applyCurve, applyTemperature, fitIsotonic, fitTemperature, isotonicBlocks, logitOf } from "./recalibration.ts";

const LABELS = [..."1011001001"].map((label) => label === "1");
const LOGITS = [0.95, 0.1, 0.8, 0.55, 0.45, 0.2, 0.7, 0.6, 0.05, 0.35].map((probability) => logitOf(probability));

test("the temperature of the worked example is 0.619326 and its loss 0.394946 (SciPy's minimiser)", () => {
  const temperature = fitTemperature(LOGITS, LABELS);
  // A minimiser finds the minimum to the root of its precision only; the loss itself agrees fully.
  expect(temperature).toBeCloseTo(0.6193260307671652, 6);
  const scaled = LOGITS.map((logit) => applyTemperature(logit, temperature));
  expect(logLoss(scaled, LABELS)).toBeCloseTo(0.3949459214448622, 13);
});

test("logits ten times too sure get ten times the temperature", () => {
  const temperature = fitTemperature(LOGITS, LABELS);
  const tooSure = LOGITS.map((logit) => 10 * logit);
  expect(fitTemperature(tooSure, LABELS)).toBeCloseTo(10 * temperature, 9);
});

test("perfectly parted classes stop at the lowest temperature, inverted ones at the highest", () => {
  expect(fitTemperature([2, -2], [true, false])).toBe(0.01);
  expect(fitTemperature([2, -2], [false, true])).toBe(100);
});

test("a temperature needs both classes", () => {
  expect(() => fitTemperature([1, 2], [true, true])).toThrow(expect.objectContaining({ code: "SINGLE_CLASS" }));
});

test("the logit of a float32 probability of 1 is finite", () => {
  expect(logitOf(1)).toBeCloseTo(Math.log(2 ** 24 - 1), 12);
  expect(logitOf(0)).toBeCloseTo(-Math.log(2 ** 24 - 1), 12);
  expect(logitOf(0.75)).toBeCloseTo(Math.log(3), 12);
});

test("isotonic regression pools the violators (by hand: 0, then 1 of 2, then 1)", () => {
  expect(isotonicBlocks([1, 2, 3, 4, 5, 6], [false, true, false, true, true, true])).toEqual([
    { meanScore: 1, cells: 1, positives: 0 },
    { meanScore: 2.5, cells: 2, positives: 1 },
    { meanScore: 5, cells: 3, positives: 3 },
  ]);
});

test("cells of equal score are pooled before their neighbours (by hand: 1 of 2, then 9 of 10)", () => {
  const scores = [1, 1, ...new Array<number>(10).fill(2)];
  const labels = [true, false, false, ...new Array<boolean>(9).fill(true)];
  const [first, second] = isotonicBlocks(scores, labels);
  expect(first).toEqual({ meanScore: 1, cells: 2, positives: 1 });
  expect(second).toEqual({ meanScore: 2, cells: 10, positives: 9 });
});

const CELLS = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 30 });

test("the blocks rise, and have the shares of the max-min formula of the least-squares solution", () => {
  fc.assert(
    fc.property(CELLS, (rows) => {
      const scores = rows.map(([score]) => score);
      const blocks = isotonicBlocks(
        scores,
        rows.map(([, positive]) => positive),
      );
      const shares = blocks.map(({ cells, positives }) => positives / cells);
      const levels = [...new Set(scores)].sort((a, b) => a - b);
      const shareBetween = (low: number, high: number): number => {
        const inside = rows.filter(([score]) => score >= low && score <= high);
        return inside.filter(([, positive]) => positive).length / inside.length;
      };
      // Robertson, Wright and Dykstra 1988: g(x) = max over s <= x of min over t >= x of the mean between s and t.
      const expected = levels.map((level) =>
        Math.max(
          ...levels
            .filter((low) => low <= level)
            .map((low) => Math.min(...levels.filter((high) => high >= level).map((high) => shareBetween(low, high)))),
        ),
      );
      const distinct = expected.filter((share, index) => index === 0 || share - (expected[index - 1] as number) > 1e-9);
      expect(shares).toHaveLength(distinct.length);
      shares.forEach((share, index) => {
        expect(share).toBeCloseTo(distinct[index] as number, 12);
      });
    }),
  );
});

test("the isotonic curve goes through the blocks' middles, with half a positive where there is none (by hand)", () => {
  // Blocks: 0 of 2 around 0.5, 1 of 2 around 2.5, 2 of 2 around 4.5; the ends stand for 0.5 of 3 and 2.5 of 3.
  const curve = fitIsotonic([0, 1, 2, 3, 4, 5], [false, false, true, false, true, true]);
  expect(curve?.logits).toEqual([0.5, 2.5, 4.5]);
  const probabilityAt = (logit: number) => (curve === null ? Number.NaN : applyCurve(curve, logit));
  expect(probabilityAt(0.5)).toBeCloseTo(1 / 6, 12);
  expect(probabilityAt(2.5)).toBeCloseTo(1 / 2, 12);
  expect(probabilityAt(4.5)).toBeCloseTo(5 / 6, 12);
  // Halfway in logits: the logit of 1/6 is -ln 5, that of 1/2 is 0. Outside the slope of ln 5 / 2 goes on.
  expect(probabilityAt(1.5)).toBeCloseTo(1 / (1 + Math.sqrt(5)), 12);
  expect(probabilityAt(-1.5)).toBeCloseTo(1 / (1 + 25), 12);
});

test("outside the blocks a logit counts at most as what it says", () => {
  const curve = { logits: [0, 1], calibrated: [0, 5], slopes: { below: 1, above: 0.5 } };
  expect(applyCurve(curve, -2)).toBeCloseTo(applyTemperature(-2, 1), 12);
  expect(applyCurve(curve, 3)).toBeCloseTo(applyTemperature(6, 1), 12);
  const steep = fitIsotonic([0, 0, 0, 0.1, 0.1, 0.1], [false, false, false, true, true, true]);
  expect(steep?.slopes).toEqual({ below: 1, above: 1 });
});

test("the isotonic curve keeps the order of all cells and makes none equal", () => {
  fc.assert(
    fc.property(CELLS, (rows) => {
      const logits = rows.map(([score]) => score / 2 - 2);
      const curve = fitIsotonic(
        logits,
        rows.map(([, positive]) => positive),
      );
      if (curve === null) return;
      const rising = [-9, ...new Set(logits), 9].sort((a, b) => a - b).map((logit) => applyCurve(curve, logit));
      rising.slice(1).forEach((probability, index) => {
        expect(probability).toBeGreaterThan(rising[index] as number);
      });
    }),
  );
});

test("cells of which a higher score is not more often positive have no curve", () => {
  expect(fitIsotonic([1, 2, 3], [true, false, false])).toBeNull();
});
