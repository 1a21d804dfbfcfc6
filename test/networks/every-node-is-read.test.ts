import { expect, test } from "vitest";
import { Computation } from "../../src/engine/computation.ts";
import { appendOptimiser } from "../../src/engine/optimisers.ts";
import { buildNetwork, NETWORK_NAMES, networkSettingsSchema } from "../../src/networks/networks.ts";
import { normalise } from "../../src/networks/normalisation.ts";
import { focalLoss, PAPER_FOCAL_LOSS } from "../../src/training/focal-loss.ts";

const SIDE = 224;

/** Nodes of a training step that neither another node nor the caller reads. */
function unreadNodes(name: string, blockSize: 0 | 16): string[] {
  const computation = new Computation({ kind: "training", blockSize });
  const image = normalise(computation, computation.input("image", [2, 3, SIDE, SIDE], "uint8"));
  const { logits } = buildNetwork(computation, image, networkSettingsSchema.parse({ name }));
  const [target, weights] = [computation.input("target", [2, 2]), computation.input("weights", [2, 1])];
  const loss = focalLoss(computation, logits, target, weights, PAPER_FOCAL_LOSS);
  computation.backpropagate();
  appendOptimiser(computation, { kind: "sgd", momentum: 0.9, weightDecay: 1e-4 }, null);
  const { graph } = computation;
  const read = new Set([
    loss.name,
    ...graph.outputs.map((value) => value.name),
    ...graph.nodes.flatMap((node) => node.inputs),
  ]);
  return graph.nodes
    .filter(({ outputs }) => !outputs.some((output) => read.has(output)))
    .map(({ operator }) => operator);
}

// ONNX Runtime computes a node that nobody reads like any other.
test.each(NETWORK_NAMES)("%s computes nothing in a training step that nobody reads", (name) => {
  expect(unreadNodes(name, 0)).toEqual([]);
  expect(unreadNodes(name, 16)).toEqual([]);
});
