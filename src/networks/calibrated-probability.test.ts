import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { Computation } from "../engine/computation.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { calibratedProbability } from "./calibrated-probability.ts";

/** Probabilities that a graph of this calibration gives for pairs of logits. */
async function probabilitiesOf(
  pairs: readonly (readonly [number, number])[],
  calibration: ModelMetadata["calibration"],
) {
  const computation = new Computation({ kind: "inference", weights: new Map(), storage: "float32" });
  const logits = computation.input("logits", [1, 2]);
  computation.graph.output(calibratedProbability(computation, logits, calibration), "probability");
  const session = await InferenceSession.create(encodeOnnx(computation.graph, { opset: 17, anyBatch: true }));
  const input = new Tensor("float32", Float32Array.from(pairs.flat()), [pairs.length, 2]);
  const { probability } = await session.run({ logits: input });
  await session.release();
  return Array.from((probability as Tensor).data as Float32Array);
}

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
const CURVE = { logits: [-1, 1, 3], calibrated: [-4, -2, 4], slopes: { below: 0.5, above: 1 } };
const ISOTONIC = { method: "isotonic", temperature: 1, curve: CURVE } as const;

test("between and outside its points the curve is straight in logits (by hand)", async () => {
  const differences = [-3, -1, 0, 1, 2, 3, 5];
  const expected = [-5, -4, -3, -2, 1, 4, 6].map(sigmoid);
  // The same difference from whichever logits.
  const found = await probabilitiesOf(
    differences.map((difference) => [7, 7 + difference] as const),
    ISOTONIC,
  );
  expected.forEach((probability, index) => {
    expect(found[index]).toBeCloseTo(probability, 6);
  });
});

test("a temperature divides the logits; none leaves the softmax", async () => {
  const pairs = [[1, 3]] as const;
  const [cooled] = await probabilitiesOf(pairs, { method: "temperature", temperature: 4 });
  const [plain] = await probabilitiesOf(pairs, { method: "none", temperature: 1 });
  expect(cooled).toBeCloseTo(sigmoid(0.5), 6);
  expect(plain).toBeCloseTo(sigmoid(2), 6);
});

test("in float32 no two cells change places by more than the last bit of the runtime's sigmoid, however steep the curve", async () => {
  const stream = new RandomStream("steep");
  const rising = () => {
    const numbers = [-5];
    while (numbers.length < 20) numbers.push(Math.fround((numbers.at(-1) as number) + stream.uniform(0.001, 1)));
    return numbers;
  };
  const curve = {
    ...{ logits: rising(), calibrated: rising() },
    slopes: { below: 0.01, above: 1 },
  };
  const logits = Array.from({ length: 4000 }, (_, cell) =>
    cell % 2 === 0 ? stream.uniform(-9, 9) : (curve.logits[cell % 20] as number) + stream.uniform(-1e-5, 1e-5),
  );
  const found = await probabilitiesOf(
    logits.map((logit) => [0, logit] as const),
    { method: "isotonic", temperature: 1, curve },
  );
  const order = logits.map(Math.fround).map((logit, cell) => ({ logit, probability: found[cell] as number }));
  order.sort((one, other) => one.logit - other.logit);
  const falls = order.map(({ probability }, at) => (order[at - 1]?.probability ?? 0) - probability);
  expect(Math.max(...falls)).toBeLessThanOrEqual(2 ** -23);
});
