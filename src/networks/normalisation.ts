import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";

/** ImageNet's mean and standard deviation of red, green, blue scaled to 0..1, as torchvision's models expect. */
export const IMAGENET_NORMALISATION = {
  mean: [0.485, 0.456, 0.406],
  standardDeviation: [0.229, 0.224, 0.225],
} as const;

/** (x / 255 - mean) / standard deviation for every channel: uint8 [N, 3, H, W] -> float32 [N, 3, H, W]. */
export function normalise(computation: Computation, image: Value): Value {
  const { graph } = computation;
  const { mean, standardDeviation } = IMAGENET_NORMALISATION;
  const scale = standardDeviation.map((deviation) => 1 / (255 * deviation));
  const offset = mean.map((center, channel) => -center / (standardDeviation[channel] as number));
  const floats = graph.add("Cast", [image], { to: 1 });
  const scaled = graph.add("Mul", [floats, graph.constant(scale, [1, 3, 1, 1])]);
  return graph.add("Add", [scaled, graph.constant(offset, [1, 3, 1, 1])]);
}
