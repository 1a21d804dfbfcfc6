import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu, softmax } from "../engine/operations/activations.ts";
import { add, concatenate, reshape, scaleChannels, takeChannels } from "../engine/operations/arithmetic.ts";
import { bilinear } from "../engine/operations/interpolation.ts";
import { globalAveragePool } from "../engine/operations/pooling.ts";
import { classify, convolutionLayer, linearLayer } from "./layers.ts";
import { type NetworkOutput, scaled, type WidthMultiplier } from "./network-output.ts";
import { cutResNetLayers } from "./resnet.ts";

const CHANNELS = 256;
/** Each scale looks at the same map through 3 x 3 kernels whose taps lie this many pixels apart. */
const DILATIONS = [1, 2, 4] as const;
/** The hidden layer that weighs the scales has this many times fewer numbers than there are channels. */
const REDUCTION = 16;

/**
 * A replica, from its description, of the multi-scale attention network of Al-Antary and Arafa 2021 (IEEE Access 9),
 * whose code and exact sizes are not published: an encoder (ResNet-50), its middle and high features joined, several
 * scales of the joined map, and attention that weighs the scales channel by channel (after Li et al. 2019, "Selective
 * kernel networks").
 *
 * image: [N, 3, 224, 224], normalised
 */
export function msaNet(computation: Computation, image: Value, width: WidthMultiplier): NetworkOutput {
  const [, , middle, high] = cutResNetLayers(computation, image, { depth: 50, width });
  const [, , height, breadth] = middle.shape as [number, number, number, number];
  const joined = concatenate(computation, [middle, bilinear(computation, high, height, breadth)]);
  const channels = scaled(CHANNELS, width);
  const fused = convolutionLayer(computation, "fuse", joined, { filters: channels, kernel: 1, relu: true });
  const scales = DILATIONS.map((dilation, index) =>
    convolutionLayer(computation, `scales.${index}`, fused, {
      ...{ filters: channels, kernel: 3, padding: dilation, dilation },
      relu: true,
    }),
  );
  const weighed = weighScales(computation, scales, channels);
  return { logits: classify(computation, "fc", globalAveragePool(computation, weighed)), attention: {} };
}

/** sum_s a_s scale_s, where the weights a_s [N, C] are, channel by channel, a softmax over the scales. */
function weighScales(computation: Computation, scales: readonly Value[], channels: number): Value {
  const sum = (parts: readonly Value[]) => parts.reduce((total, part) => add(computation, total, part));
  const hidden = Math.max(1, Math.floor(channels / REDUCTION));
  const squeezed = relu(
    computation,
    linearLayer(computation, "fc1", globalAveragePool(computation, sum(scales)), hidden),
  );
  const scores = scales.map((_, index) => linearLayer(computation, `fc2.${index}`, squeezed, channels));
  const stacked = reshape(computation, concatenate(computation, scores), [scales.length, channels]);
  const shares = softmax(computation, stacked);
  const weighed = scales.map((scale, index) => {
    const share = reshape(computation, takeChannels(computation, shares, index, index + 1), [channels]);
    return scaleChannels(computation, scale, share);
  });
  return sum(weighed);
}
