import { Tensor } from "onnxruntime-node";
import type { RandomStream } from "../../core/random.ts";
import type { Computation, RandomMask } from "../computation.ts";
import { elementCount, type Value } from "../graph.ts";

/**
 * Inverted dropout (Srivastava et al. 2014), as torch.nn.Dropout: in training y = x mask, where the mask is 0 with the
 * given probability and else 1 / (1 - probability), so that the mean stays; in inference y = x. dx = dy mask.
 *
 * The mask is an input of the graph under the name `dropout/<name>`, drawn by the host for every step
 * (drawRandomMasks): ONNX's own random operators go on from run to run, so a resumed training could not repeat them.
 *
 * x, y: [N, ...]
 */
export function dropout(computation: Computation, name: string, x: Value, probability: number): Value {
  if (!computation.training || probability === 0) return x;
  const { graph } = computation;
  const mask = computation.randomMask(`dropout/${name}`, x.shape, 1 - probability);
  const y = graph.add("Mul", [x, mask]);
  return computation.derive(y, [x], (dy) => computation.accumulate(x, graph.add("Mul", [dy, mask])));
}

/**
 * The masks of one training step on `images` images, as inputs by name. `random` is the stream of that step alone (fork
 * it by the step's number), and each mask has its own fork, so that a mask depends on nothing but the seed, the step
 * and its name; nor does it depend on how the images are split into micro-batches.
 */
export function drawRandomMasks(
  masks: readonly RandomMask[],
  images: number,
  random: RandomStream,
): Record<string, Tensor> {
  const drawn = masks.map(({ name, shape, keepProbability }) => {
    const dimensions = [images, ...shape.slice(1)];
    const stream = random.fork(name);
    const kept = 1 / keepProbability;
    const draw = () => (stream.chance(keepProbability) ? kept : 0);
    const numbers = Float32Array.from({ length: elementCount(dimensions) }, draw);
    return [name, new Tensor("float32", numbers, dimensions)] as const;
  });
  return Object.fromEntries(drawn);
}
