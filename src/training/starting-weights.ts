import { z } from "zod";
import type { RandomStream } from "../core/random.ts";
import type { Parameter } from "../engine/computation.ts";
import { elementCount } from "../engine/graph.ts";
import { initialiseParameter } from "../networks/initialise.ts";
import { type TensorMap, toFloat32 } from "../weights/tensor-file.ts";

export interface StartingWeights {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Tensors taken from the file, and those that it lacks and that were drawn at random. */
  readonly taken: readonly string[];
  readonly initialised: readonly string[];
  readonly origin: WeightsOrigin;
}

/**
 * How much of a network starts from numbers that were trained before: all of it, or all but a small part such as a
 * classifier; less than half; nothing.
 */
export const weightsOriginSchema = z.enum(["given", "mostly-drawn", "drawn"]);
export type WeightsOrigin = z.infer<typeof weightsOriginSchema>;

/** Where the settings leave it open: greatest norm of the gradient, length of the warm-up, and steps before the first decay. */
export interface Caution {
  readonly greatestNorm: number;
  readonly warmUpEpochs: 0 | 1;
  readonly leastSteps: number;
}

/**
 * What is safe for weights of this origin. From random weights the loss leaves its plateau after some 400 steps and goes on
 * falling until about 1,000; a decay before that freezes it. Where most numbers are drawn beside trained convolutions, as
 * AlexNet's dense layers are, there is no plateau, but at a rate of 0.01 the first steps throw the network to a constant
 * answer that it never leaves, unless they are small. Given weights are thrown there too, now and then and in any epoch, by a
 * gradient whose norm has no limit; a wide one is enough. docs/results.md has all three.
 */
export const CAUTION: Readonly<Record<WeightsOrigin, Caution>> = {
  given: { greatestNorm: 5, warmUpEpochs: 0, leastSteps: 0 },
  "mostly-drawn": { greatestNorm: 1, warmUpEpochs: 1, leastSteps: 0 },
  drawn: { greatestNorm: 1, warmUpEpochs: 1, leastSteps: 1200 },
};

/**
 * Starting numbers of every parameter and running statistic: from the file where name and shape agree, else drawn. The
 * classifier of another task (other shape) is thus drawn anew.
 */
export function chooseStartingWeights(
  parameters: readonly Parameter[],
  tensors: TensorMap | null,
  stream: RandomStream,
): StartingWeights {
  const weights = new Map<string, Float32Array>();
  const taken: string[] = [];
  const initialised: string[] = [];
  let [numbers, drawn] = [0, 0];
  for (const parameter of parameters) {
    const given = tensors?.get(parameter.name);
    const fits = given !== undefined && given.shape.join() === parameter.shape.join();
    (fits ? taken : initialised).push(parameter.name);
    weights.set(parameter.name, fits ? toFloat32(given) : initialiseParameter(parameter, stream));
    numbers += elementCount(parameter.shape);
    if (!fits) drawn += elementCount(parameter.shape);
  }
  const origin = taken.length === 0 ? "drawn" : drawn > numbers / 2 ? "mostly-drawn" : "given";
  return { weights, taken, initialised, origin };
}
