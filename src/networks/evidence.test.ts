import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { ClassifierSession } from "../engine/classifier-session.ts";
import { Computation } from "../engine/computation.ts";
import { initialiseParameter } from "./initialise.ts";
import { encodeModel } from "./model-file.ts";
import { buildNetwork, type NetworkSettings } from "./networks.ts";

const SIDE = 67;
const CELLS = 3;

async function classify(network: NetworkSettings) {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, computation.input("image", [1, 3, SIDE, SIDE]), network);
  const stream = new RandomStream("evidence");
  const weights = new Map(
    computation.parameters.map((parameter) => [parameter.name, initialiseParameter(parameter, stream)]),
  );
  // Large enough that every part counts.
  weights.set(
    "head.fc.weight",
    (weights.get("head.fc.weight") as Float32Array).map((value) => 100 * value),
  );
  weights.set("head.fc.bias", Float32Array.of(0.25, -0.5));
  const metadata = {
    ...{ version: "test", network, classes: ["normal", "mn"] as [string, string], positive_class: "mn" },
    operating_point: { threshold: 0.5, rule: "fixed", chosen_on: "nothing" },
    calibration: { method: "none" as const, temperature: 1 },
    ...{ training: {}, data_hash: "", licences: [], metrics: {} },
  };
  const model = encodeModel({ network, weights, storage: "float32", metadata, side: SIDE });
  const session = await ClassifierSession.open(model, { device: "cpu", threads: 1 });
  const pixels = Uint8Array.from({ length: CELLS * 3 * SIDE * SIDE }, () => stream.integer(256));
  const classified = await session.classify(pixels, CELLS, SIDE, { attention: true });
  await session.close();
  return classified;
}

test("evidence and biases add up to the difference of the logits", async () => {
  const { evidence, logits } = await classify({
    name: "alexnet-attention",
    widths: [8, 8, 12, 8, 10],
    attention: { channels: 8 },
  });
  for (let cell = 0; cell < CELLS; cell++) {
    const sum = [...(evidence?.[cell]?.data ?? [])].reduce((total, value) => total + value, 0);
    const difference = (logits[2 * cell + 1] as number) - (logits[2 * cell] as number);
    expect(Math.abs(difference)).toBeGreaterThan(0.8);
    expect(sum - 0.75).toBeCloseTo(difference, 4);
  }
});

test("a network whose last layer does not see channel means alone has no evidence map", async () => {
  const { evidence } = await classify({ name: "alex-ca", widths: [8, 8, 8, 8, 8] });
  expect(evidence).toBeNull();
});
