import { expect, test } from "vitest";
import { Computation } from "./computation.ts";
import { decodeOnnx, encodeOnnx } from "./onnx-file.ts";
import { relu } from "./operations/activations.ts";

const training = () => new Computation({ kind: "training", blockSize: 0 });
const zero = { kind: "constant", number: 0 } as const;

test("a parameter is an input of a training graph", () => {
  const computation = training();
  const weight = computation.parameter("layer.weight", [2, 3], zero);
  expect(computation.graph.inputs).toEqual([{ name: "layer.weight", shape: [2, 3], type: "float32" }]);
  expect(computation.parameters).toEqual([
    { name: "layer.weight", shape: [2, 3], initialisation: zero, value: weight },
  ]);
});

test("a parameter is stored in an inference graph, as float32 or rounded to float16", () => {
  const weights = new Map([["w", Float32Array.of(1, 0.1, -2)]]);
  const stored = (storage: "float32" | "float16") => {
    const computation = new Computation({ kind: "inference", weights, storage });
    computation.graph.output(relu(computation, computation.parameter("w", [3], zero)), "y");
    const { bytes } = decodeOnnx(encodeOnnx(computation.graph)).initializers.get("w")!;
    return Uint8Array.from(bytes).buffer;
  };
  expect([...new Float32Array(stored("float32"))]).toEqual([1, Math.fround(0.1), -2]);
  // The float16 numbers nearest to 0.1: 1638 / 2^14 = 0.09998
  expect([...new Float16Array(stored("float16"))]).toEqual([1, 1638 / 16384, -2]);
});

test("an inference graph whose weights are missing or of another size is refused by name", () => {
  const computation = new Computation({
    kind: "inference",
    weights: new Map([["b", new Float32Array(4)]]),
    storage: "float32",
  });
  expect(() => computation.parameter("w", [2], zero)).toThrow("The parameter w [2] needs 2 numbers, got undefined.");
  expect(() => computation.parameter("b", [2], zero)).toThrow("The parameter b [2] needs 2 numbers, got 4.");
});

test("an inference graph has no backward nodes", () => {
  const computation = new Computation({
    kind: "inference",
    weights: new Map([["w", new Float32Array(2)]]),
    storage: "float32",
  });
  const y = relu(computation, computation.parameter("w", [2], zero));
  const before = computation.graph.nodes.length;
  computation.backpropagate({ of: y, gradient: computation.graph.scalar(1) });
  expect(computation.graph.nodes.length).toBe(before);
});

test("what no parameter leads to costs no gradient, and asking for one is a mistake", () => {
  const computation = training();
  const image = computation.input("image", [2]);
  const y = relu(computation, image);
  expect(computation.needsGradient(y)).toBe(false);
  const before = computation.graph.nodes.length;
  computation.backpropagate({ of: y, gradient: computation.graph.constant([1, 1], [2]) });
  expect(computation.graph.nodes.length).toBe(before);
  expect(() => computation.gradientOf(image)).toThrow("The loss does not depend on image.");
});

test("a gradient of another shape than its value is a mistake, named", () => {
  const computation = training();
  const x = computation.differentiableInput("x", [2, 3]);
  const gradient = computation.graph.constant([1, 2, 3], [3]);
  expect(() => computation.accumulate(x, gradient)).toThrow("The gradient [3] of x does not have its shape [2,3].");
});
