import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { add } from "../engine/operations/arithmetic.ts";
import { dropout } from "../engine/operations/dropout.ts";
import { globalAveragePool } from "../engine/operations/pooling.ts";
import { classify, normalisedConvolution } from "./layers.ts";
import { type NetworkOutput, scaled, type WidthMultiplier } from "./network-output.ts";

/** Table 1 of version 1: filters and stride of each depthwise separable convolution. */
const SEPARABLE = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/**
 * MobileNet v1 with two outputs (Howard et al. 2017): every 3 x 3 convolution is split into one that looks at each
 * channel by itself and a 1 x 1 one that mixes channels. image: [N, 3, 224, 224], normalised.
 */
export function mobileNet(computation: Computation, image: Value, width: WidthMultiplier): NetworkOutput {
  // Convolutions, normalisations and ReLUs are counted.
  let index = 0;
  const next = (x: Value, filters: number, kernel: 1 | 3, stride: 1 | 2, groups = 1): Value => {
    const options = { filters, kernel, stride, padding: (kernel - 1) / 2, groups, activation: "relu" } as const;
    const names = [`features.${index}`, `features.${index + 1}`] as const;
    index += 3;
    return normalisedConvolution(computation, names, x, options);
  };
  let x = next(image, scaled(32, width), 3, 2);
  for (const [filters, stride] of SEPARABLE) {
    const channels = x.shape[1] as number;
    x = next(next(x, channels, 3, stride, channels), scaled(filters, width), 1, 1);
  }
  return { logits: classify(computation, "fc", globalAveragePool(computation, x)), attention: {} };
}

/** Table 2 of version 2: expansion t, channels c, repetitions n, stride s of the first. */
const BOTTLENECKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export const MOBILENET_V2_DROPOUT = 0.2;

export interface MobileNetV2Options {
  readonly width: WidthMultiplier;
  /** Probability that a pooled feature is left out of a training step. */
  readonly dropout: number;
}

/** MobileNet v2 with two outputs (Sandler et al. 2018), under torchvision's names. image: [N, 3, 224, 224], normalised. */
export function mobileNetV2(computation: Computation, image: Value, options: MobileNetV2Options): NetworkOutput {
  const { width } = options;
  const layer = (index: number, x: Value, channels: number, geometry: Geometry) =>
    clipped(computation, [`features.${index}.0`, `features.${index}.1`], x, scaled(channels, width), geometry);
  let x = layer(0, image, 32, { kernel: 3, stride: 2 });
  let index = 1;
  for (const [expansion, channels, repetitions, firstStride] of BOTTLENECKS) {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const stride = repetition === 0 ? firstStride : 1;
      x = invertedResidual(computation, `features.${index++}.conv`, x, expansion, scaled(channels, width), stride);
    }
  }
  const last = layer(index, x, 1280, { kernel: 1 });
  const pooled = dropout(computation, "classifier.0", globalAveragePool(computation, last), options.dropout);
  return { logits: classify(computation, "classifier.1", pooled), attention: {} };
}

interface Geometry {
  readonly kernel: 1 | 3;
  readonly stride?: 1 | 2;
  readonly groups?: number;
}

/** Widen by 1 x 1, look at each channel by itself, narrow by 1 x 1 without activation; added to x where sizes agree. */
function invertedResidual(
  computation: Computation,
  name: string,
  x: Value,
  expansion: number,
  filters: number,
  stride: 1 | 2,
): Value {
  const channels = x.shape[1] as number;
  const inner = channels * expansion;
  // Without widening its layer is left out, and the names of the others count on from there.
  const first = expansion === 1 ? 0 : 1;
  const pair = (index: number) => [`${name}.${index}.0`, `${name}.${index}.1`] as const;
  const widened = first === 0 ? x : clipped(computation, pair(0), x, inner, { kernel: 1 });
  const filtered = clipped(computation, pair(first), widened, inner, { kernel: 3, stride, groups: inner });
  const names = [`${name}.${first + 1}`, `${name}.${first + 2}`] as const;
  const narrowed = normalisedConvolution(computation, names, filtered, { filters, kernel: 1, activation: "none" });
  return stride === 1 && channels === filters ? add(computation, narrowed, x) : narrowed;
}

function clipped(
  computation: Computation,
  names: readonly [string, string],
  x: Value,
  filters: number,
  { kernel, stride = 1, groups = 1 }: Geometry,
): Value {
  const options = { filters, kernel, stride, groups, padding: (kernel - 1) / 2, activation: "relu6" } as const;
  return normalisedConvolution(computation, names, x, options);
}
