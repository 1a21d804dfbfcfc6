import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { Computation } from "../engine/computation.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { type FamiliarityStatistics, unfamiliarity, unfamiliarityOf } from "./unfamiliarity.ts";

/** Three features; the first component lies along the first and the second alike, three quarters of it forgiven. */
const HALF = Math.f16round(Math.sqrt(0.375));
const STATISTICS: FamiliarityStatistics = {
  mean: Float32Array.of(2, 3, 1),
  scale: Float32Array.of(1, 1, 2),
  components: Float32Array.of(HALF, HALF, 0),
};

test("distances along a component count as much less as it forgives (by hand)", () => {
  // Roots 4, 5, 1: z = (2, 2, 0), |z|^2 = 8, along the component 8 * 0.75 = 6 forgiven, so sqrt(2 / 3).
  expect(unfamiliarityOf(Float32Array.of(16, 25, 1), STATISTICS)).toBeCloseTo(Math.sqrt(2 / 3), 3);
  // Roots 4, 1, 1: z = (2, -2, 0) lies across it and counts whole, sqrt(8 / 3).
  expect(unfamiliarityOf(Float32Array.of(16, 1, 1), STATISTICS)).toBeCloseTo(Math.sqrt(8 / 3), 6);
  // Roots 2, 3, 2: z = (0, 0, 2), sqrt(4 / 3).
  expect(unfamiliarityOf(Float32Array.of(4, 9, 4), STATISTICS)).toBeCloseTo(Math.sqrt(4 / 3), 6);
});

test("the distance is Mahalanobis's for the covariance noise + components (inverted by hand for two features)", () => {
  // Noise 1 and the variance 4 along (0.6, 0.8): the inverse is I - 0.75 v v'.
  const share = Math.sqrt(1 - 1 / 4);
  const statistics = {
    mean: Float32Array.of(0, 0),
    scale: Float32Array.of(1, 1),
    components: Float32Array.of(0.6 * share, 0.8 * share),
  };
  const [x, y] = [1.3, 0.4];
  const covariance = { xx: 1 + 3 * 0.36, xy: 3 * 0.48, yy: 1 + 3 * 0.64 };
  const determinant = covariance.xx * covariance.yy - covariance.xy ** 2;
  const squared = (covariance.yy * x * x - 2 * covariance.xy * x * y + covariance.xx * y * y) / determinant;
  expect(unfamiliarityOf(Float32Array.of(x * x, y * y), statistics)).toBeCloseTo(Math.sqrt(squared / 2), 5);
});

test("the graph gives every image of a batch the same distance, and takes negative features as none", async () => {
  const computation = new Computation({ kind: "inference", weights: new Map(), storage: "float32" });
  const features = computation.input("features", [1, 3]);
  computation.graph.output(unfamiliarity(computation, features, STATISTICS), "unfamiliarity");
  const session = await InferenceSession.create(encodeOnnx(computation.graph, { opset: 17, anyBatch: true }));
  const stream = new RandomStream("features");
  const images = Array.from({ length: 5 }, () => Float32Array.from({ length: 3 }, () => stream.uniform(-20, 30)));
  const input = new Tensor("float32", Float32Array.from(images.flatMap((own) => [...own])), [5, 3]);
  const { unfamiliarity: distances } = await session.run({ features: input });
  await session.release();
  expect(distances?.dims).toEqual([5]);
  images.forEach((own, image) => {
    expect(distances?.data[image]).toBeCloseTo(unfamiliarityOf(own, STATISTICS), 5);
  });
  expect(images.flatMap((own) => [...own]).some((feature) => feature < 0)).toBe(true);
});
