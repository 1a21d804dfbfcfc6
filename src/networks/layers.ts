import type { Computation, Initialisation } from "../engine/computation.ts";
import { elementCount, type Value } from "../engine/graph.ts";
import { relu, relu6 } from "../engine/operations/activations.ts";
import { linear } from "../engine/operations/arithmetic.ts";
import { batchNormalisation } from "../engine/operations/batch-normalisation.ts";
import { convolution } from "../engine/operations/convolution.ts";

/*
 * Layers with their parameters under the names that PyTorch gives them. The networks' files are written in these.
 */

export interface ConvolutionLayerOptions {
  readonly filters: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  /** Channels are divided into so many groups that do not see each other; as many as channels is depthwise. */
  readonly groups?: number;
  readonly dilation?: number;
  /** True by default. */
  readonly bias?: boolean;
  readonly relu?: boolean;
  /** Kaiming's by default. */
  readonly initialisation?: Initialisation;
}

/** `<name>.weight` and, with a bias, `<name>.bias`. x: [N, C, H, W] -> [N, filters, H', W']. */
export function convolutionLayer(
  computation: Computation,
  name: string,
  x: Value,
  { filters, kernel, bias = true, initialisation, ...geometry }: ConvolutionLayerOptions,
): Value {
  const channels = (x.shape[1] as number) / (geometry.groups ?? 1);
  const shape = [filters, channels, kernel, kernel];
  const weight = computation.parameter(`${name}.weight`, shape, initialisation ?? kaiming(shape));
  const biasValue = bias ? computation.parameter(`${name}.bias`, [filters], ZERO) : null;
  return convolution(computation, x, weight, biasValue, geometry);
}

/** PyTorch's BatchNorm2d: `<name>.weight`, `.bias` and the buffers `.running_mean`, `.running_var`. */
export function batchNormalisationLayer(computation: Computation, name: string, x: Value, epsilon = 1e-5): Value {
  const shape = [x.shape[1] as number];
  const tensors = {
    weight: computation.parameter(`${name}.weight`, shape, ONE),
    bias: computation.parameter(`${name}.bias`, shape, ZERO),
    runningMean: computation.buffer(`${name}.running_mean`, shape, ZERO),
    runningVariance: computation.buffer(`${name}.running_var`, shape, ONE),
  };
  return batchNormalisation(computation, x, tensors, { epsilon });
}

/** Names of a convolution without bias and of the batch normalisation after it. */
export type NormalisedNames = readonly [convolution: string, normalisation: string];

export interface NormalisedConvolutionOptions extends Omit<ConvolutionLayerOptions, "bias" | "relu"> {
  readonly activation: "none" | "relu" | "relu6";
  readonly epsilon?: number;
}

/** Convolution without bias, batch normalisation, activation: the brick of every network since 2015. */
export function normalisedConvolution(
  computation: Computation,
  [convolutionName, normalisationName]: NormalisedNames,
  x: Value,
  { activation, epsilon, ...layer }: NormalisedConvolutionOptions,
): Value {
  const convolved = convolutionLayer(computation, convolutionName, x, { ...layer, bias: false });
  const normalised = batchNormalisationLayer(computation, normalisationName, convolved, epsilon);
  if (activation === "none") return normalised;
  return activation === "relu" ? relu(computation, normalised) : relu6(computation, normalised);
}

/** PyTorch's Linear: `<name>.weight` [outputs, C], `<name>.bias`. x: [N, C] -> [N, outputs]. */
export function linearLayer(
  computation: Computation,
  name: string,
  x: Value,
  outputs: number,
  initialisation?: Initialisation,
): Value {
  const shape = [outputs, x.shape[1] as number];
  const weight = computation.parameter(`${name}.weight`, shape, initialisation ?? kaiming(shape));
  return linear(computation, x, weight, computation.parameter(`${name}.bias`, [outputs], ZERO));
}

/** The softmax layer's logits: [N, C] -> [N, 2]. */
export function classify(computation: Computation, name: string, features: Value): Value {
  return linearLayer(computation, name, features, 2, SMALL);
}

/** So small that a layer's outputs start near zero: equal probabilities, or an attention of one half everywhere. */
export const SMALL: Initialisation = { kind: "normal", standardDeviation: 0.01 };
const ZERO: Initialisation = { kind: "constant", number: 0 };
const ONE: Initialisation = { kind: "constant", number: 1 };

function kaiming(shape: readonly number[]): Initialisation {
  return { kind: "kaiming", fanIn: elementCount(shape.slice(1)) };
}
