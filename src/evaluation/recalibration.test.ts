import fc from "fast-check";
import { expect, test } from "vitest";
import { logLoss } from "./calibration.ts";
import { applyIsotonic, applyTemperature, fitIsotonic, fitTemperature, logitOf } from "./recalibration.ts";

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
  const map = fitIsotonic([1, 2, 3, 4, 5, 6], [false, true, false, true, true, true]);
  expect(map.scores).toEqual([1, 2, 3, 4, 5, 6]);
  expect(map.probabilities).toEqual([0, 0.5, 0.5, 1, 1, 1]);
});

test("cells of equal score are pooled before their neighbours (by hand: 1 of 2, then 9 of 10)", () => {
  const scores = [1, 1, ...new Array<number>(10).fill(2)];
  const labels = [true, false, false, ...new Array<boolean>(9).fill(true)];
  expect(fitIsotonic(scores, labels)).toEqual({ scores: [1, 2], probabilities: [0.5, 0.9] });
});

test("an isotonic map is linear between its points and constant outside", () => {
  const map = { scores: [1, 3], probabilities: [0.2, 0.6] };
  expect([0, 1, 2, 3, 9].map((score) => applyIsotonic(map, score))).toEqual([0.2, 0.2, 0.4, 0.6, 0.6]);
});

test("the isotonic fit rises, and equals the max-min formula of the least-squares solution", () => {
  const cells = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(cells, (rows) => {
      const scores = rows.map(([score]) => score);
      const labels = rows.map(([, positive]) => positive);
      const map = fitIsotonic(scores, labels);
      const levels = [...new Set(scores)].sort((a, b) => a - b);
      const shareBetween = (low: number, high: number): number => {
        const inside = rows.filter(([score]) => score >= low && score <= high);
        return inside.filter(([, positive]) => positive).length / inside.length;
      };
      // Robertson, Wright and Dykstra 1988: g(x) = max over s <= x of min over t >= x of the mean between s and t.
      for (const level of levels) {
        const expected = Math.max(
          ...levels
            .filter((low) => low <= level)
            .map((low) => Math.min(...levels.filter((high) => high >= level).map((high) => shareBetween(low, high)))),
        );
        expect(applyIsotonic(map, level)).toBeCloseTo(expected, 12);
      }
    }),
  );
});
