import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { Parameter } from "../engine/computation.ts";
import { outlineOf } from "../networks/outline.ts";
import { fromFloat32, type TensorMap } from "../weights/tensor-file.ts";
import { chooseStartingWeights } from "./starting-weights.ts";

function tensorsOf(name: "alexnet" | "alexnet-attention" | "vgg16"): readonly Parameter[] {
  const { parameters, buffers } = outlineOf({ name, widthMultiplier: 0.125 }).computation;
  return [...parameters, ...buffers];
}

/** A file with these tensors of a network, all numbers 0.5. */
function fileOf(tensors: readonly Parameter[], has: (name: string) => boolean): TensorMap {
  return new Map(
    tensors
      .filter((tensor) => has(tensor.name))
      .map(({ name, shape }) => {
        const size = shape.reduce((product, side) => product * side, 1);
        return [name, fromFloat32(name, shape, new Float32Array(size).fill(0.5))];
      }),
  );
}

const isConvolution = (name: string) => name.startsWith("features.");
const originOf = (tensors: readonly Parameter[], file: TensorMap | null) =>
  chooseStartingWeights(tensors, file, new RandomStream("start")).origin;

test.each([
  ["alexnet-attention", "given"],
  ["alexnet", "mostly-drawn"],
  ["vgg16", "mostly-drawn"],
] as const)("with trained convolutions, %s starts from weights that are %s", (name, origin) => {
  const tensors = tensorsOf(name);
  expect(originOf(tensors, fileOf(tensors, isConvolution))).toBe(origin);
});

test("AlexNet with all but the classifier of another task starts from given weights", () => {
  const tensors = tensorsOf("alexnet");
  const file = fileOf(tensors, (name) => !name.startsWith("classifier.6."));
  expect(originOf(tensors, file)).toBe("given");
});

test("no file, or one of which nothing fits, is a start from random weights", () => {
  const tensors = tensorsOf("alexnet");
  expect(originOf(tensors, null)).toBe("drawn");
  expect(originOf(tensors, new Map())).toBe("drawn");
});

test("a tensor of another shape is drawn anew, the others are taken number for number", () => {
  const tensors = tensorsOf("alexnet");
  const file = new Map(fileOf(tensors, () => true));
  file.set("classifier.6.bias", fromFloat32("classifier.6.bias", [1000], new Float32Array(1000)));
  const { taken, initialised, weights } = chooseStartingWeights(tensors, file, new RandomStream("start"));
  expect(initialised).toEqual(["classifier.6.bias"]);
  expect(taken).toHaveLength(tensors.length - 1);
  expect(new Set(weights.get("features.0.weight"))).toEqual(new Set([0.5]));
  expect(weights.get("classifier.6.bias")).toHaveLength(2);
});
