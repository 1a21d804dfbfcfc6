import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu, sigmoid } from "../engine/operations/activations.ts";
import { add, attend, attendedMean, concatenate } from "../engine/operations/arithmetic.ts";
import { bilinear } from "../engine/operations/interpolation.ts";
import { globalAveragePool, globalMaxPool } from "../engine/operations/pooling.ts";
import { classify, convolutionLayer, SMALL } from "./layers.ts";
import type { NetworkOutput, PooledMap } from "./network-output.ts";

/** The points that the paper leaves open; the defaults are those of PAPER.md. */
export interface AttentionOptions {
  /** Channels to which both features are projected. */
  readonly channels: number;
  /** Kernel size of W_l, W_m and W; padded so that sizes stay. */
  readonly kernel: 1 | 3;
  /** A bias on W_l and W_m too; W always has one. */
  readonly projectionBias: boolean;
  /** Bilinear upsampling with aligned corners instead of half-pixel centres. */
  readonly alignCorners: boolean;
  /** How each map, the last feature map among them, becomes one number a channel before the concatenation. */
  readonly pooling: "average" | "max";
}

export const PAPER_ATTENTION: AttentionOptions = {
  channels: 256,
  kernel: 1,
  projectionBias: false,
  alignCorners: false,
  pooling: "average",
};

/** A feature map that attention is laid on. */
export interface Tap {
  /** Of its attention module's parameters, such as "att5". */
  readonly module: string;
  /** Of the layer, as the model's output `attention_<layer>` has it. */
  readonly layer: string;
  /** [N, C, H, W] */
  readonly features: Value;
}

/**
 * Spatial attention of a tapped feature map M, guided by the last feature map L.
 *
 *   Fl = Wl * bilinear(L)      (1)     Fm = Wm * M      (2)
 *   A  = sigmoid(W * relu(Fl + Fm))                     (3), (4)
 *
 * M: [N, Cm, H, W]   L: [N, Cl, h, w]   A: [N, 1, H, W], each value in (0, 1)
 *
 * Wei et al. 2022, equations 1 to 4. A 1 x 1 Wl without bias commutes with the upsampling (with a bias too, since the
 * weights of an interpolation sum to 1), so it is applied first: the same function with fewer operations.
 */
export function attentionMap(
  computation: Computation,
  name: string,
  tapped: Value,
  last: Value,
  { channels, kernel, projectionBias, alignCorners }: AttentionOptions,
): Value {
  const [, , height, width] = tapped.shape as [number, number, number, number];
  const padding = (kernel - 1) / 2;
  const upsample = (value: Value) => bilinear(computation, value, height, width, { alignCorners });
  const project = (key: string, value: Value) =>
    convolutionLayer(computation, `${name}.${key}`, value, {
      filters: channels,
      kernel,
      padding,
      bias: projectionBias,
    });
  const fromLast = kernel === 1 ? upsample(project("W_l", last)) : project("W_l", upsample(last));
  const fromTapped = project("W_m", tapped);
  const joined = relu(computation, add(computation, fromLast, fromTapped));
  const scores = convolutionLayer(computation, `${name}.W`, joined, {
    filters: 1,
    kernel,
    padding,
    initialisation: SMALL,
  });
  return sigmoid(computation, scores);
}

/**
 * The global feature (5), (6): the mean, or the maximum, of every channel of every map, attended where it has an attention,
 * in the order of the maps.
 *
 * maps: [N, C, h, w] each -> [N, sum of C]
 */
export function globalFeature(
  computation: Computation,
  maps: readonly PooledMap[],
  pooling: AttentionOptions["pooling"],
): Value {
  const mean = ({ features, attention }: PooledMap) =>
    attention === null ? globalAveragePool(computation, features) : attendedMean(computation, features, attention);
  const maximum = ({ features, attention }: PooledMap) =>
    globalMaxPool(computation, attention === null ? features : attend(computation, features, attention));
  return concatenate(computation, maps.map(pooling === "max" ? maximum : mean));
}

/**
 * The head of every network with attention: each tapped feature map times its attention, pooling, concatenation in the
 * order of the taps with the last feature map behind, two classes (equations 5 and 6).
 */
export function classifyWithAttention(
  computation: Computation,
  taps: readonly Tap[],
  last: Value,
  options: AttentionOptions,
): NetworkOutput {
  const attended = taps.map(({ module, layer, features }) => {
    return { layer, features, attention: attentionMap(computation, module, features, last, options) };
  });
  const pooled = [...attended, { features: last, attention: null }];
  return {
    logits: classify(computation, "head.fc", globalFeature(computation, pooled, options.pooling)),
    attention: Object.fromEntries(attended.map(({ layer, attention }) => [`attention_${layer}`, attention])),
    // Of maxima there is no evidence map: they are not sums over places.
    ...(options.pooling === "average" ? { pooled } : {}),
  };
}
