import type { RandomStream } from "../core/random.ts";
import type { Parameter } from "../engine/computation.ts";
import { elementCount } from "../engine/graph.ts";

/**
 * Starting numbers of one parameter, each from a stream of its own name, so that adding a layer elsewhere changes
 * nothing here. Kaiming: normal(0, sqrt(2 / fanIn)), He et al. 2015.
 */
export function initialiseParameter({ name, shape, initialisation }: Parameter, stream: RandomStream): Float32Array {
  const numbers = new Float32Array(elementCount(shape));
  if (initialisation.kind === "constant") return numbers.fill(initialisation.number);
  const deviation =
    initialisation.kind === "kaiming" ? Math.sqrt(2 / initialisation.fanIn) : initialisation.standardDeviation;
  const own = stream.fork(name);
  for (let index = 0; index < numbers.length; index++) numbers[index] = own.normal(0, deviation);
  return numbers;
}
