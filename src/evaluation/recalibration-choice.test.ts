import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { applyCalibration, type CalibrationCells, chooseCalibration, qualityOf } from "./recalibration-choice.ts";
import { areaUnderRoc } from "./roc.ts";

/** Cells whose label is positive with the probability that `truth` gives for their logit, five to a field. */
function cellsOf(count: number, truth: (logit: number) => number, spread = 2): CalibrationCells {
  const stream = new RandomStream("cells");
  const logits = Float64Array.from({ length: count }, () => stream.normal(0, spread));
  const positives = Array.from(logits, (logit) => stream.chance(1 / (1 + Math.exp(-truth(logit)))));
  return { logits, positives, groups: positives.map((_, cell) => `field ${Math.floor(cell / 5)}`) };
}

test("logits that are three times too sure get a temperature of about three", () => {
  const { calibration, measured, message } = chooseCalibration(
    cellsOf(2000, (logit) => logit / 3, 4),
    "auto",
  );
  expect(calibration).toMatchObject({ method: "temperature" });
  expect("temperature" in calibration && calibration.temperature).toBeCloseTo(3, 0);
  expect(measured.temperature?.brier).toBeLessThan(measured.none?.brier ?? 0);
  expect(message).toBeNull();
});

test("a share of positives that training did not have is corrected by the isotonic curve, ranks as they were", () => {
  const cells = cellsOf(4000, (logit) => 1.5 * logit - 3);
  const { calibration, measured } = chooseCalibration(cells, "auto");
  expect(calibration.method).toBe("isotonic");
  expect(measured.isotonic?.log_loss).toBeLessThan(measured.temperature?.log_loss ?? 0);
  const probabilities = Array.from(cells.logits, (logit) => applyCalibration(calibration, logit));
  const mean = probabilities.reduce((sum, probability) => sum + probability, 0) / probabilities.length;
  const share = cells.positives.filter(Boolean).length / cells.positives.length;
  expect(mean).toBeCloseTo(share, 2);
  expect(areaUnderRoc(probabilities, cells.positives)).toBe(areaUnderRoc(cells.logits, cells.positives));
});

test("probabilities that are right already stay as they are", () => {
  const cells = cellsOf(2000, (logit) => logit);
  const { calibration, message } = chooseCalibration(cells, "auto");
  const used = qualityOf(
    Array.from(cells.logits, (logit) => applyCalibration(calibration, logit)),
    cells.positives,
  );
  expect(used.ece).toBeLessThan(0.03);
  if (calibration.method === "none") expect(message).toContain("no method measures better");
});

test("few positives leave only the temperature, very few nothing, and a message says so", () => {
  const cells = cellsOf(400, (logit) => 1.5 * logit - 5);
  expect(cells.positives.filter(Boolean).length).toBeLessThan(50);
  expect(Object.keys(chooseCalibration(cells, "auto").measured)).toEqual(["none", "temperature"]);
  const wanted = chooseCalibration(cells, "isotonic");
  expect(wanted.calibration.method).toBe("temperature");
  expect(wanted.message).toMatch(
    /could not be calibrated by "isotonic" \(400 validation cells, \d+ of them positive\)/,
  );
  const few = { logits: [1, 2, -1, -2], positives: [true, true, false, false], groups: [null, null, null, null] };
  expect(chooseCalibration(few, "auto")).toMatchObject({
    calibration: { method: "none" },
    message: expect.stringContaining("4 validation cells, 2 of them positive are too few"),
  });
});

test("classes that are told apart without error give no temperature", () => {
  const positives = Array.from({ length: 40 }, (_, cell) => cell < 20);
  const cells = {
    logits: positives.map((positive) => (positive ? 3 : -3)),
    positives,
    groups: positives.map(() => null),
  };
  expect(chooseCalibration(cells, "temperature").calibration).toEqual({ method: "none" });
});

test("none is none, whatever the cells say", () => {
  const cells = cellsOf(2000, (logit) => logit / 3);
  expect(chooseCalibration(cells, "none")).toMatchObject({ calibration: { method: "none" }, message: null });
});

test("a field is judged by fits to the others only: labels that its own fit could learn do not make it better", () => {
  // Within a field all labels are equal and the logits alike; over fields they have nothing to do with each other.
  const stream = new RandomStream("fields");
  const fields = Array.from({ length: 60 }, (_, field) => ({ logit: stream.normal(0, 1), positive: field % 2 === 0 }));
  const rows = fields.flatMap((field, number) => Array.from({ length: 10 }, () => ({ ...field, number })));
  const { measured } = chooseCalibration(
    {
      logits: rows.map(({ logit }) => logit),
      positives: rows.map(({ positive }) => positive),
      groups: rows.map(({ number }) => `field ${number}`),
    },
    "auto",
  );
  // Knowing nothing, one half everywhere has a Brier score of 0.25; a fit that had seen the field would have far less.
  expect(measured.isotonic?.brier).toBeGreaterThan(0.24);
});
