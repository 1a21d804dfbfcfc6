import { expect, test } from "vitest";
import { buildNetwork, type NetworkName } from "../networks/networks.ts";
import { chooseMicroBatch } from "./micro-batch.ts";
import type { TrainingGraphSettings } from "./training-graph.ts";

function trainingOf(name: NetworkName): TrainingGraphSettings {
  return {
    network: (computation, image) => buildNetwork(computation, image, { name }),
    ...{ batch: 32, side: 224, input: "pixels", loss: { gamma: 2, classWeights: null }, blockSize: 16 },
    optimiser: { kind: "sgd", momentum: 0.9, weightDecay: 1e-4 },
    clipNorm: 1,
  };
}

/** Greatest memory of whole trainings, megabytes, measured: docs/performance.md. */
const measured: [NetworkName, number, number][] = [
  ["alexnet-attention", 32, 551],
  ["mobilenet-v2", 32, 3414],
  ["resnet-50", 32, 5167],
  ["vgg16", 16, 4887],
];

test.each(measured)("%s trains %d images at once in 6,000 MB, and takes about %d MB", (name, images, megabytes) => {
  const choice = chooseMicroBatch(trainingOf(name), 6000);
  expect(choice.images).toBe(images);
  expect(choice.estimatedMegabytes / megabytes).toBeGreaterThan(0.8);
  expect(choice.estimatedMegabytes / megabytes).toBeLessThan(1.3);
});

test("less memory makes smaller parts, down to single images", () => {
  const training = trainingOf("alexnet-attention");
  const parts = [6000, 500, 430, 390, 1].map((limit) => chooseMicroBatch(training, limit).images);
  expect(parts).toEqual([...parts].sort((left, right) => right - left));
  expect(new Set(parts).size).toBeGreaterThan(3);
  expect(parts.at(-1)).toBe(1);
});
