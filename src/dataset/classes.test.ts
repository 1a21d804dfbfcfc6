import { expect, test } from "vitest";
import { type ClassChoice, resolveClasses } from "./classes.ts";

const resolve = (counts: Record<string, number>, choice: ClassChoice = {}) =>
  resolveClasses(new Map(Object.entries(counts)), choice, "cells.csv");

test("mn is the positive class, and the only other label the negative one", () => {
  expect(resolve({ mn: 5, healthy: 9 })).toEqual(["healthy", "mn"]);
});

test("ambiguous cells are no class, unless somebody names them", () => {
  expect(resolve({ mn: 5, ambiguous: 2, healthy: 9 })).toEqual(["healthy", "mn"]);
  expect(resolve({ mn: 5, ambiguous: 2 }, { negative: "ambiguous" })).toEqual(["ambiguous", "mn"]);
  expect(() => resolve({ mn: 5, ambiguous: 2 })).toThrow(expect.objectContaining({ code: "ONE_CLASS" }));
});

test("of more than two labels, normal is the negative class", () => {
  expect(resolve({ mn: 5, normal: 9, apoptotic: 3 })).toEqual(["normal", "mn"]);
});

test("names are never guessed: the error lists what there is and how to choose", () => {
  expect(() => resolve({ micronucleus: 5, "1": 9 })).toThrow(
    /no cell.*label "mn".*"1" \(9 cells\), "micronucleus" \(5 cells\).*--positive NAME/i,
  );
  expect(resolve({ micronucleus: 5, none: 9 }, { positive: "micronucleus" })).toEqual(["none", "micronucleus"]);
});

test("a negative class must exist, be another, and be named among three strangers", () => {
  const labels = { mn: 5, control: 9, treated: 3 };
  for (const choice of [{}, { negative: "mn" }, { negative: "normal" }])
    expect(() => resolve(labels, choice)).toThrow(expect.objectContaining({ code: "NEGATIVE_UNKNOWN" }));
  expect(resolve(labels, { negative: "control" })).toEqual(["control", "mn"]);
});

test("cells without any label are an error", () => {
  expect(() => resolve({})).toThrow(expect.objectContaining({ code: "NO_LABELS" }));
});
