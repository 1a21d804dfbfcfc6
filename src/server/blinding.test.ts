import { expect, test } from "vitest";
import type { ListedCell } from "../workspace/listed-cells.ts";
import { cellAnswer } from "./blinding.ts";

const UNREADABLE: ListedCell = {
  id: 7,
  sample: { id: 2, name: "Donor A", code: "K7QM2P" },
  slide: { id: 3, name: "slide 1" },
  file: "cells/broken.png",
  originalId: null,
  prediction: {
    outcome: "unreadable",
    probability: null,
    quality: "unreadable",
    error: 'IMAGE_TRUNCATED: The image "/home/kim/lab/cells/broken.png" ends early. Copy it again.',
  },
  labels: [],
};

test("what went wrong with a cell names its file and no folder of this machine", () => {
  expect(cellAnswer(UNREADABLE, { reader: "kim", blinded: false }).error).toBe(
    'IMAGE_TRUNCATED: The image "broken.png" ends early. Copy it again.',
  );
});

test("a blinded reader is told that there is no picture, and nothing by which the file is known", () => {
  const { error, outcome, quality, file } = cellAnswer(UNREADABLE, { reader: "kim", blinded: true });
  expect([error, outcome, quality, file]).toEqual(["The image could not be read.", null, null, "cell 7"]);
});
