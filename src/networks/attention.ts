import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { relu, sigmoid } from "../engine/operations/activations.ts";
import { add } from "../engine/operations/arithmetic.ts";
import { convolution } from "../engine/operations/convolution.ts";
import { bilinear } from "../engine/operations/interpolation.ts";

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
}

export const PAPER_ATTENTION: AttentionOptions = {
  channels: 256,
  kernel: 1,
  projectionBias: false,
  alignCorners: false,
};

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
  options: AttentionOptions,
): Value {
  const [, , height, width] = tapped.shape as [number, number, number, number];
  const upsample = (value: Value) =>
    bilinear(computation, value, height, width, { alignCorners: options.alignCorners });
  const project = (key: string, value: Value, filters: number, bias: boolean, smallWeights = false) =>
    namedConvolution(computation, `${name}.${key}`, value, filters, options.kernel, bias, smallWeights);
  const fromLast =
    options.kernel === 1
      ? upsample(project("W_l", last, options.channels, options.projectionBias))
      : project("W_l", upsample(last), options.channels, options.projectionBias);
  const fromTapped = project("W_m", tapped, options.channels, options.projectionBias);
  const joined = relu(computation, add(computation, fromLast, fromTapped));
  return sigmoid(computation, project("W", joined, 1, true, true));
}

function namedConvolution(
  computation: Computation,
  name: string,
  x: Value,
  filters: number,
  kernel: number,
  withBias: boolean,
  smallWeights: boolean,
): Value {
  const channels = x.shape[1] as number;
  const weight = computation.parameter(
    `${name}.weight`,
    [filters, channels, kernel, kernel],
    smallWeights ? { kind: "normal", standardDeviation: 0.01 } : { kind: "kaiming", fanIn: channels * kernel * kernel },
  );
  const bias = withBias ? computation.parameter(`${name}.bias`, [filters], { kind: "constant", number: 0 }) : null;
  return convolution(computation, x, weight, bias, { padding: (kernel - 1) / 2 });
}
