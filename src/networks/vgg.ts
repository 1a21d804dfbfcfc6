import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu } from "../engine/operations/activations.ts";
import { flatten } from "../engine/operations/arithmetic.ts";
import { dropout } from "../engine/operations/dropout.ts";
import { adaptiveAveragePool, maxPool } from "../engine/operations/pooling.ts";
import { type AttentionOptions, classifyWithAttention } from "./attention.ts";
import { classify, convolutionLayer, linearLayer } from "./layers.ts";
import { type NetworkOutput, scaled, type WidthMultiplier } from "./network-output.ts";

/** Configuration D, "VGG-16": filters of the 3 x 3 convolutions of each stage; a 2 x 2 max-pool ends it. */
const STAGES = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

const HIDDEN = 4096;
export const VGG_DROPOUT = 0.5;

export interface VggOptions {
  readonly width: WidthMultiplier;
  /** Probability that a number of a hidden dense layer is left out of a training step. */
  readonly dropout: number;
}

/** VGG-16 with two outputs (Simonyan and Zisserman 2015). image: [N, 3, 224, 224], normalised. */
export function vgg16(computation: Computation, image: Value, { width, dropout: share }: VggOptions): NetworkOutput {
  const [, , , , last] = vggStages(computation, image, width);
  const dense = (index: number, x: Value) => {
    const hidden = linearLayer(computation, `classifier.${index}`, x, scaled(HIDDEN, width));
    return dropout(computation, `classifier.${index + 2}`, relu(computation, hidden), share);
  };
  const flat = flatten(computation, adaptiveAveragePool(computation, last, 7, 7));
  return { logits: classify(computation, "classifier.6", dense(3, dense(0, flat))), attention: {} };
}

/** VGG-16 without its dense layers, with attention on the third and fourth pool. image: [N, 3, 224, 224], normalised. */
export function vggAttention(
  computation: Computation,
  image: Value,
  width: WidthMultiplier,
  attention: AttentionOptions,
): NetworkOutput {
  const [, , pool3, pool4, last] = vggStages(computation, image, width);
  const taps = [
    { module: "att1", layer: "pool3", features: pool3 },
    { module: "att2", layer: "pool4", features: pool4 },
  ];
  return classifyWithAttention(computation, taps, last, attention);
}

type Stages = [Value, Value, Value, Value, Value];

/**
 * The convolutional part under torchvision's names: the output of each stage's pool.
 *
 * image: [N, 3, 224, 224] -> [N, 64, 112, 112], [N, 128, 56, 56], [N, 256, 28, 28], [N, 512, 14, 14], [N, 512, 7, 7]
 */
function vggStages(computation: Computation, image: Value, width: WidthMultiplier): Stages {
  // torchvision counts convolutions, ReLUs and pools.
  let index = 0;
  let x = image;
  return STAGES.map((stage) => {
    stage.forEach((filters, position) => {
      const isLast = position === stage.length - 1;
      x = convolutionLayer(computation, `features.${index}`, x, {
        filters: scaled(filters, width),
        kernel: 3,
        padding: 1,
        relu: !isLast,
      });
      index += 2;
    });
    index += 1;
    // The last ReLU after the pool is the same function on a quarter of the values.
    x = relu(computation, maxPool(computation, x, { kernel: 2, stride: 2 }));
    return x;
  }) as Stages;
}
