import { expect, test } from "vitest";
import { qualityOf, qualityToModel } from "./quality.ts";
import type { CellScore } from "./score-cells.ts";
import { errorColumns, scoreColumns } from "./score-row.ts";

const RULE = { classes: ["normal", "mn"] as [string, string], threshold: 0.5 };
/** 2 x 3 values; the greatest in the lower row, third column. */
const MAP = { height: 2, width: 3, data: Float32Array.of(0.1, 0.2, 0.3, 0.1, 0.2, 0.75) };

function score(changes: Partial<CellScore>): CellScore {
  return {
    probability: 0.7,
    attention: { attention_6: MAP },
    evidence: null,
    width: 30,
    height: 40,
    unfamiliarity: null,
    quality: "ok",
    ...changes,
  };
}

test("the peak lies in the middle of its map cell, in pixels of the image (by hand: 2.5 of 3 x 30, 1.5 of 2 x 40)", () => {
  expect(scoreColumns(score({}), RULE)).toMatchObject({ attention_x: 25, attention_y: 30, attention_peak: 0.75 });
});

test("the evidence has a place of its own, in the same pixels (by hand: the least is not the greatest)", () => {
  const evidence = { height: 2, width: 2, data: Float32Array.of(-3, -0.5, -2, -1) };
  expect(scoreColumns(score({ evidence }), RULE)).toMatchObject({
    ...{ attention_x: 25, attention_y: 30 },
    ...{ evidence_x: 22.5, evidence_y: 10 },
  });
  expect(scoreColumns(score({}), RULE)).toMatchObject({ evidence_x: "", evidence_y: "" });
});

test("the deepest layer's map is taken, by number and not by letter", () => {
  const flat = { height: 1, width: 1, data: Float32Array.of(0.01) };
  const attention = { attention_10: MAP, attention_9: flat };
  expect(scoreColumns(score({ attention }), RULE).attention_peak).toBe(0.75);
});

test("a network without attention leaves the attention columns empty", () => {
  expect(scoreColumns(score({ attention: {} }), RULE)).toMatchObject({
    attention_x: "",
    attention_y: "",
    attention_peak: "",
  });
});

test("a cell is called positive from the threshold on", () => {
  const callAt = (probability: number) => scoreColumns(score({ probability }), RULE).prediction;
  expect([0.499999, 0.5, 0.500001].map(callAt)).toEqual(["normal", "mn", "mn"]);
});

test("a probability keeps every digit of a float32, so that neighbours stay apart", () => {
  const [one, next] = [Math.fround(0.9), Math.fround(0.9 + 6e-8)];
  const columns = [one, next].map((probability) => scoreColumns(score({ probability }), RULE).probability as number);
  expect(columns.map(Math.fround)).toEqual([one, next]);
  expect(columns[0]).not.toBe(columns[1]);
});

test("a cell without a score has its error, and no number", () => {
  expect(errorColumns({ code: "IMAGE_EMPTY", message: "0 bytes." })).toEqual({
    probability: "",
    prediction: "",
    attention_x: "",
    attention_y: "",
    attention_peak: "",
    evidence_x: "",
    evidence_y: "",
    quality: "unreadable",
    error: "IMAGE_EMPTY: 0 bytes.",
  });
});

test("an image of nearly one grey is blank; eight levels of difference are something to see", () => {
  const image = (...data: number[]) => ({
    width: data.length,
    height: 1,
    channels: 1 as const,
    data: Uint8Array.from(data),
  });
  expect(qualityOf(image(100, 107, 103))).toBe("blank");
  expect(qualityOf(image(100, 108, 103))).toBe("ok");
});

test("an image is unfamiliar above the model's threshold; a blank one stays blank", () => {
  expect([1.4, 1.5, 1.6].map((value) => qualityToModel("ok", value, 1.5))).toEqual(["ok", "ok", "unfamiliar"]);
  expect(qualityToModel("blank", 9, 1.5)).toBe("blank");
  expect(qualityToModel("ok", null, 1.5)).toBe("ok");
  expect(qualityToModel("ok", 9, null)).toBe("ok");
});
