import type { RandomStream } from "../core/random.ts";
import type { Parameter } from "../engine/computation.ts";
import { initialiseParameter } from "../networks/initialise.ts";
import { type TensorMap, toFloat32 } from "../weights/tensor-file.ts";

export interface StartingWeights {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Tensors taken from the file, and those that it lacks and that were drawn at random. */
  readonly taken: readonly string[];
  readonly initialised: readonly string[];
}

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
  for (const parameter of parameters) {
    const given = tensors?.get(parameter.name);
    const fits = given !== undefined && given.shape.join() === parameter.shape.join();
    (fits ? taken : initialised).push(parameter.name);
    weights.set(parameter.name, fits ? toFloat32(given) : initialiseParameter(parameter, stream));
  }
  return { weights, taken, initialised };
}
