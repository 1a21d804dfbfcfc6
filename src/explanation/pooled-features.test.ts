import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { TINY_SIDE, tinyCell, tinyModel } from "../../test/scoring/tiny-model.ts";
import { decodeOnnx, storedFloats } from "../engine/onnx-file.ts";
import { writePlanes } from "../images/planes.ts";
import { FEATURES_OUTPUT, withFeatures } from "./pooled-features.ts";

test("the logits are the last layer's weights times the features, plus its biases", async () => {
  const model = tinyModel(3);
  const weights = storedFloats(decodeOnnx(model));
  const [weight, bias] = [weights.get("head.fc.weight"), weights.get("head.fc.bias")];
  const session = await InferenceSession.create(withFeatures(model) as Uint8Array, { intraOpNumThreads: 1 });
  const pixels = new Uint8Array(2 * 3 * TINY_SIDE ** 2);
  for (const slot of [0, 1]) writePlanes(tinyCell(slot), pixels, slot);
  const image = new Tensor("uint8", pixels, [2, 3, TINY_SIDE, TINY_SIDE]);
  const outputs = await session.run({ image });
  await session.release();
  const [features, logits] = [outputs[FEATURES_OUTPUT] as Tensor, outputs.logits as Tensor];
  const [cells, channels] = features.dims as [number, number];
  // Two attended maps and the last one, four channels each.
  expect([cells, channels]).toEqual([2, 12]);
  for (let cell = 0; cell < 2; cell++)
    for (let output = 0; output < 2; output++) {
      let sum = bias?.[output] as number;
      for (let channel = 0; channel < channels; channel++)
        sum +=
          (weight?.[output * channels + channel] as number) *
          (features.data as Float32Array)[cell * channels + channel]!;
      expect((logits.data as Float32Array)[2 * cell + output]).toBeCloseTo(sum, 4);
    }
});

test("a graph without a last layer that is found has no features", () => {
  expect(withFeatures(new Uint8Array())).toBeNull();
});
