import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu } from "../engine/operations/activations.ts";
import { attend, concatenate, linear } from "../engine/operations/arithmetic.ts";
import { convolution } from "../engine/operations/convolution.ts";
import { globalAveragePool, maxPool } from "../engine/operations/pooling.ts";
import { type AttentionOptions, attentionMap, PAPER_ATTENTION } from "./attention.ts";

/** Filters of the five convolutions. */
export type AlexNetWidths = readonly [number, number, number, number, number];

export interface AlexNetAttentionOptions {
  readonly widths: AlexNetWidths;
  readonly attention: AttentionOptions;
}

/** Wei et al. 2022 with the open points as in PAPER.md: 2,766,916 parameters. */
export const PAPER_ALEXNET_ATTENTION: AlexNetAttentionOptions = {
  widths: [64, 192, 384, 256, 256],
  attention: PAPER_ATTENTION,
};

/** What a network makes of a batch; attention maps are [N, 1, h, w] by the name of their layer. */
export interface NetworkOutput {
  /** [N, 2]: negative class, positive class. */
  readonly logits: Value;
  readonly attention: Readonly<Record<string, Value>>;
}

/**
 * The proposed network: AlexNet's convolutions, attention on layers 5 and 6 (counting convolutions and poolings)
 * guided by the last layer L, global average pooling, concatenation, two classes (Wei et al. 2022, equations 1 to 6).
 *
 * image: [N, 3, 224, 224], normalised
 */
export function alexNetAttention(
  computation: Computation,
  image: Value,
  options: AlexNetAttentionOptions = PAPER_ALEXNET_ATTENTION,
): NetworkOutput {
  const { layer5, layer6, last } = alexNetFeatures(computation, image, options.widths);
  const attention5 = attentionMap(computation, "att5", layer5, last, options.attention);
  const attention6 = attentionMap(computation, "att6", layer6, last, options.attention);
  const global = concatenate(computation, [
    globalAveragePool(computation, attend(computation, layer5, attention5)),
    globalAveragePool(computation, attend(computation, layer6, attention6)),
    globalAveragePool(computation, last),
  ]);
  return {
    logits: classify(computation, "head.fc", global),
    attention: { attention_5: attention5, attention_6: attention6 },
  };
}

/** Ablation without attention: L pooled, then linear. image: [N, 3, 224, 224], normalised. */
export function alexLight(
  computation: Computation,
  image: Value,
  widths: AlexNetWidths = PAPER_ALEXNET_ATTENTION.widths,
): NetworkOutput {
  const { last } = alexNetFeatures(computation, image, widths);
  return { logits: classify(computation, "head.fc", globalAveragePool(computation, last)), attention: {} };
}

/**
 * The convolutional part of AlexNet in torchvision's layout and under its names (Krizhevsky 2014, "One weird trick").
 *
 * image: [N, 3, 224, 224]   layer5: [N, 384, 13, 13]   layer6: [N, 256, 13, 13]   last: [N, 256, 6, 6]
 */
export function alexNetFeatures(
  computation: Computation,
  image: Value,
  widths: AlexNetWidths,
): { layer5: Value; layer6: Value; last: Value } {
  const [width1, width2, width3, width4, width5] = widths;
  const conv = (index: number, x: Value, filters: number, options: LayerOptions) =>
    layer(computation, `features.${index}`, x, filters, options);
  // ReLU after the pool is the same function, since both only ever pick or keep the larger, on a quarter of the values.
  const pooled = (x: Value) => relu(computation, maxPool(computation, x, { kernel: 3, stride: 2 }));
  const layer2 = pooled(conv(0, image, width1, { kernel: 11, stride: 4, padding: 2, relu: false }));
  const layer4 = pooled(conv(3, layer2, width2, { kernel: 5, stride: 1, padding: 2, relu: false }));
  const layer5 = conv(6, layer4, width3, { kernel: 3, stride: 1, padding: 1, relu: true });
  const layer6 = conv(8, layer5, width4, { kernel: 3, stride: 1, padding: 1, relu: true });
  const last = pooled(conv(10, layer6, width5, { kernel: 3, stride: 1, padding: 1, relu: false }));
  return { layer5, layer6, last };
}

interface LayerOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly relu: boolean;
}

function layer(computation: Computation, name: string, x: Value, filters: number, options: LayerOptions): Value {
  const channels = x.shape[1] as number;
  const { kernel } = options;
  const weight = computation.parameter(`${name}.weight`, [filters, channels, kernel, kernel], {
    kind: "kaiming",
    fanIn: channels * kernel * kernel,
  });
  const bias = computation.parameter(`${name}.bias`, [filters], { kind: "constant", number: 0 });
  return convolution(computation, x, weight, bias, options);
}

/** The softmax layer's logits: [N, C] -> [N, 2]. */
function classify(computation: Computation, name: string, features: Value): Value {
  const channels = features.shape[1] as number;
  const weight = computation.parameter(`${name}.weight`, [2, channels], { kind: "normal", standardDeviation: 0.01 });
  const bias = computation.parameter(`${name}.bias`, [2], { kind: "constant", number: 0 });
  return linear(computation, features, weight, bias);
}
