import { expect, test } from "vitest";
import { deletionScore, measureLocalisation, summariseLocalisation } from "./localisation.ts";

const MAP = [0, 0.1, 0.1, 0, 0.1, 0.9, 0.6, 0, 0, 0.5, 0.3, 0, 0, 0, 0.1, 0];
const CENTRE = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];

test("pointing, energy and IoU of the worked example (by hand: hit, 2.3 of 2.7, 3 of 4 pixels)", () => {
  const measured = measureLocalisation(MAP, CENTRE);
  expect(measured.hit).toBe(true);
  expect(measured.energy).toBeCloseTo(2.3 / 2.7, 12);
  expect(measured.iou).toBeCloseTo(3 / 4, 12);
  expect(measured.maskShare).toBe(0.25);
});

test("an even map has the energy of its mask's share", () => {
  expect(measureLocalisation(new Array(16).fill(0.5), CENTRE).energy).toBeCloseTo(0.25, 12);
});

test("a peak outside the mask is no hit", () => {
  const elsewhere = MAP.map((value, pixel) => (pixel === 0 ? 1 : value));
  expect(measureLocalisation(elsewhere, CENTRE).hit).toBe(false);
});

test("an empty mask and a mask of another size are refused", () => {
  expect(() => measureLocalisation(MAP, new Array(16).fill(0))).toThrow(
    expect.objectContaining({ code: "MASK_EMPTY" }),
  );
  expect(() => measureLocalisation(MAP, [1])).toThrow(expect.objectContaining({ code: "MASK_SIZE" }));
});

test("the summary is the mean over cells", () => {
  const missed = { hit: false, energy: 0.1, iou: 0, maskShare: 0.05 };
  const found = { hit: true, energy: 0.7, iou: 0.5, maskShare: 0.15 };
  const summary = summariseLocalisation([missed, found]);
  expect(summary).toMatchObject({ cells: 2, pointing: 0.5, iou: 0.25 });
  expect(summary?.energy).toBeCloseTo(0.4, 12);
  expect(summary?.chance).toBeCloseTo(0.1, 12);
  expect(summariseLocalisation([])).toBeNull();
});

test("weights count cells as often as a resample drew them; none drawn has no mean", () => {
  const missed = { hit: false, energy: 0.1, iou: 0, maskShare: 0.05 };
  const found = { hit: true, energy: 0.7, iou: 0.5, maskShare: 0.15 };
  const summary = summariseLocalisation([missed, found], [3, 1]);
  expect(summary?.pointing).toBeCloseTo(1 / 4, 12);
  expect(summary?.energy).toBeCloseTo((3 * 0.1 + 0.7) / 4, 12);
  expect(summary?.chance).toBeCloseTo((3 * 0.05 + 0.15) / 4, 12);
  expect(summariseLocalisation([missed, found], [0, 0])).toBeNull();
});

test("the deletion score is the trapezoid area (by hand: 0.4625; a constant has its own value)", () => {
  expect(deletionScore([1, 0.7, 0.4, 0.2, 0.1])).toBeCloseTo(0.4625, 12);
  expect(deletionScore([0.3, 0.3, 0.3])).toBeCloseTo(0.3, 12);
});
