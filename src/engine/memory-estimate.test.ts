import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { Computation } from "./computation.ts";
import { elementCount, Graph } from "./graph.ts";
import { executionOrder, peakIntermediateBytes } from "./memory-estimate.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { convolution } from "./operations/convolution.ts";
import { appendOptimiser } from "./optimisers.ts";

test("a chain holds two results at a time, inputs and outputs not counted (by hand: 2 x 400 bytes)", () => {
  const graph = new Graph();
  let value = graph.input("x", [100]);
  for (let step = 0; step < 5; step++) value = graph.add("Relu", [value]);
  graph.output(graph.add("Relu", [value]), "y");
  expect(peakIntermediateBytes(graph)).toBe(800);
});

test("a result that is read at the end is held until then (by hand: first, second and their sum's input)", () => {
  const graph = new Graph();
  const first = graph.add("Relu", [graph.input("x", [10])]);
  const second = graph.add("Sigmoid", [first]);
  const third = graph.add("Exp", [second]);
  graph.output(graph.add("Add", [first, third]), "y");
  expect(peakIntermediateBytes(graph)).toBe(3 * 40);
});

/** Six 3 x 3 convolutions with their gradients, and the update. */
function deepTraining(clipNorm: number | null): Graph {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  let x = computation.input("x", [1, 4, 16, 16]);
  for (let layer = 0; layer < 6; layer++) {
    const weight = computation.parameter(`weight ${layer}`, [4, 4, 3, 3], { kind: "constant", number: 0 });
    x = convolution(computation, x, weight, null, { padding: 1, relu: true });
  }
  computation.backpropagate({ of: x, gradient: computation.input("gradient", x.shape) });
  appendOptimiser(computation, { kind: "sgd", momentum: 0.9, weightDecay: 1e-4 }, clipNorm);
  return computation.graph;
}

test.each([null, 1])(
  "nodes are expected in the order in which ONNX Runtime runs them, clipping %s",
  async (clipNorm) => {
    const graph = deepTraining(clipNorm);
    const folder = mkdtempSync(join(tmpdir(), "micronuclei-order-"));
    const session = await InferenceSession.create(encodeOnnx(graph), {
      // Fused and moved nodes would have other names.
      graphOptimizationLevel: "disabled",
      enableProfiling: true,
      profileFilePrefix: join(folder, "profile"),
    });
    const feeds = graph.inputs.map(
      ({ name, shape }) => [name, new Tensor("float32", new Float32Array(elementCount(shape)), [...shape])] as const,
    );
    await session.run(Object.fromEntries(feeds));
    session.endProfiling();
    const events: { name: string; ts: number }[] = JSON.parse(
      readFileSync(join(folder, readdirSync(folder)[0] as string), "utf8"),
    );
    rmSync(folder, { recursive: true });
    await session.release();
    const kernels = events
      .filter(({ name }) => name.endsWith("_kernel_time"))
      .sort((left, right) => left.ts - right.ts);
    const names = kernels.map(({ name }) => name.slice(0, -"_kernel_time".length));
    expect(names).toHaveLength(graph.nodes.length);
    expect(names).toEqual(executionOrder(graph).map(({ outputs }) => outputs[0]));
  },
);

test("the norm of the gradients does not hold what the layers' gradients are made from until all are there", () => {
  const plain = peakIntermediateBytes(deepTraining(null));
  // A gradient [4, 4, 3, 3] of each layer is held until the norm is known, and little else.
  expect(peakIntermediateBytes(deepTraining(1))).toBeLessThan(plain + 8 * 4 * 144);
});
