import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu, sigmoid } from "../engine/operations/activations.ts";
import { add, concatenate, flatten, reshape, scaleChannels } from "../engine/operations/arithmetic.ts";
import { convolution } from "../engine/operations/convolution.ts";
import { dropout } from "../engine/operations/dropout.ts";
import { adaptiveAveragePool, globalAveragePool, globalMaxPool, maxPool } from "../engine/operations/pooling.ts";
import { type AttentionOptions, classifyWithAttention, PAPER_ATTENTION } from "./attention.ts";
import { classify, convolutionLayer, linearLayer } from "./layers.ts";
import type { NetworkOutput } from "./network-output.ts";

/** Filters of the five convolutions. */
export type AlexNetWidths = readonly [number, number, number, number, number];

/** Layers that attention can be laid on, counting convolutions and poolings: both poolings and the convolutions 3 and 4. */
export const ALEXNET_TAPS = [2, 4, 5, 6] as const;
export type AlexNetTap = (typeof ALEXNET_TAPS)[number];

export interface AlexNetAttentionOptions {
  readonly widths: AlexNetWidths;
  /** In rising order, at least one. */
  readonly taps: readonly AlexNetTap[];
  readonly attention: AttentionOptions;
}

/** Wei et al. 2022 with the open points as in PAPER.md: 2,766,916 parameters. */
export const PAPER_ALEXNET_ATTENTION: AlexNetAttentionOptions = {
  widths: [64, 192, 384, 256, 256],
  taps: [5, 6],
  attention: PAPER_ATTENTION,
};

/**
 * The proposed network: AlexNet's convolutions, attention on layers 5 and 6, or other taps, guided by the last layer L,
 * global average pooling, concatenation, two classes (Wei et al. 2022, equations 1 to 6).
 *
 * image: [N, 3, 224, 224], normalised
 */
export function alexNetAttention(
  computation: Computation,
  image: Value,
  options: AlexNetAttentionOptions = PAPER_ALEXNET_ATTENTION,
): NetworkOutput {
  const features = alexNetFeatures(computation, image, options.widths);
  const taps = options.taps.map((layer) => ({
    module: `att${layer}`,
    layer: String(layer),
    features: features[`layer${layer}`],
  }));
  return classifyWithAttention(computation, taps, features.last, options.attention);
}

/** Ablation without attention: L pooled, then linear. image: [N, 3, 224, 224], normalised. */
export function alexLight(
  computation: Computation,
  image: Value,
  widths: AlexNetWidths = PAPER_ALEXNET_ATTENTION.widths,
): NetworkOutput {
  const { last } = alexNetFeatures(computation, image, widths);
  return { logits: classify(computation, "fc", globalAveragePool(computation, last)), attention: {} };
}

export interface AlexNetOptions {
  readonly widths: AlexNetWidths;
  /** Outputs of the two hidden dense layers. */
  readonly hidden: number;
  /** Probability that a number before a hidden dense layer is left out of a training step. */
  readonly dropout: number;
}

export const PAPER_ALEXNET: AlexNetOptions = { widths: PAPER_ALEXNET_ATTENTION.widths, hidden: 4096, dropout: 0.5 };

/** AlexNet with its three dense layers and two outputs. image: [N, 3, 224, 224], normalised. */
export function alexNet(
  computation: Computation,
  image: Value,
  options: AlexNetOptions = PAPER_ALEXNET,
): NetworkOutput {
  const { last } = alexNetFeatures(computation, image, options.widths);
  const dense = (dropped: number, index: number, x: Value) => {
    const kept = dropout(computation, `classifier.${dropped}`, x, options.dropout);
    return relu(computation, linearLayer(computation, `classifier.${index}`, kept, options.hidden));
  };
  const flat = flatten(computation, adaptiveAveragePool(computation, last, 6, 6));
  return { logits: classify(computation, "classifier.6", dense(3, 4, dense(0, 1, flat))), attention: {} };
}

/**
 * The proposed network with CBAM's channel attention in the place of its spatial attention: layers 5 and 6 channel by
 * channel times a weight, global average pooling, concatenation with L, two classes.
 *
 * image: [N, 3, 224, 224], normalised
 */
export function alexNetChannelAttention(
  computation: Computation,
  image: Value,
  widths: AlexNetWidths = PAPER_ALEXNET_ATTENTION.widths,
): NetworkOutput {
  const { layer5, layer6, last } = alexNetFeatures(computation, image, widths);
  const attended = (name: string, features: Value) =>
    globalAveragePool(computation, scaleChannels(computation, features, channelWeights(computation, name, features)));
  const global = concatenate(computation, [
    attended("ca5", layer5),
    attended("ca6", layer6),
    globalAveragePool(computation, last),
  ]);
  return { logits: classify(computation, "head.fc", global), attention: {} };
}

/** The hidden layer of channel attention has this many times fewer numbers than there are channels. */
const REDUCTION = 16;

/**
 * Channel attention, Woo et al. 2018 (CBAM), equation 2: sigmoid(MLP(average of x) + MLP(maximum of x)) with one MLP of
 * two layers without biases, which are stored as 1 x 1 convolutions.
 *
 * x: [N, C, H, W] -> [N, C], each value in (0, 1)
 */
function channelWeights(computation: Computation, name: string, x: Value): Value {
  const channels = x.shape[1] as number;
  const hidden = Math.max(1, Math.floor(channels / REDUCTION));
  const layer = (key: string, outputs: number, inputs: number) =>
    computation.parameter(`${name}.${key}.weight`, [outputs, inputs, 1, 1], { kind: "kaiming", fanIn: inputs });
  const [weight1, weight2] = [layer("fc1", hidden, channels), layer("fc2", channels, hidden)];
  const perceptron = (pooled: Value) => {
    const column = reshape(computation, pooled, [channels, 1, 1]);
    const inner = relu(computation, convolution(computation, column, weight1, null));
    return flatten(computation, convolution(computation, inner, weight2, null));
  };
  const average = perceptron(globalAveragePool(computation, x));
  return sigmoid(computation, add(computation, average, perceptron(globalMaxPool(computation, x))));
}

/**
 * The convolutional part of AlexNet in torchvision's layout and under its names (Krizhevsky 2014, "One weird trick").
 *
 * image: [N, 3, 224, 224]   layer2: [N, 64, 27, 27]   layer4: [N, 192, 13, 13]
 * layer5: [N, 384, 13, 13]   layer6: [N, 256, 13, 13]   last: [N, 256, 6, 6]
 */
export function alexNetFeatures(
  computation: Computation,
  image: Value,
  widths: AlexNetWidths,
): Readonly<Record<`layer${AlexNetTap}` | "last", Value>> {
  const [width1, width2, width3, width4, width5] = widths;
  const conv = (index: number, x: Value, filters: number, options: LayerOptions) =>
    convolutionLayer(computation, `features.${index}`, x, { filters, ...options });
  // ReLU after the pool is the same function, since both only ever pick or keep the larger, on a quarter of the values.
  const pooled = (x: Value) => relu(computation, maxPool(computation, x, { kernel: 3, stride: 2 }));
  const layer2 = pooled(conv(0, image, width1, { kernel: 11, stride: 4, padding: 2, relu: false }));
  const layer4 = pooled(conv(3, layer2, width2, { kernel: 5, stride: 1, padding: 2, relu: false }));
  const layer5 = conv(6, layer4, width3, { kernel: 3, stride: 1, padding: 1, relu: true });
  const layer6 = conv(8, layer5, width4, { kernel: 3, stride: 1, padding: 1, relu: true });
  const last = pooled(conv(10, layer6, width5, { kernel: 3, stride: 1, padding: 1, relu: false }));
  return { layer2, layer4, layer5, layer6, last };
}

interface LayerOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly relu: boolean;
}
