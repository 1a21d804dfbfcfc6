import { expectClose } from "./expect-close.ts";
import { generateNumbers } from "./generated-numbers.ts";
import { type BuildOperation, type OperationInput, runOperation } from "./run-operation.ts";

/** A second implementation of an operation: plain loops over float64 numbers. */
export type Reference = (inputs: readonly Float64Array[]) => Float64Array;

const STEP = 1e-5;
/** Float32 has 24 bits: about 1e-7 a number, more for sums of thousands. */
const TOLERANCE = 1e-5;

/**
 * Checks the output of an operation against a float64 reference, and its gradients against central differences of
 * that reference: dL/dx = (L(x + h) - L(x - h)) / 2h with L = sum(upstream * output) and a made-up upstream gradient.
 */
export async function expectGradientsOf(
  build: BuildOperation,
  inputs: readonly OperationInput[],
  reference: Reference,
  options: { readonly blockSize?: 0 | 8 | 16; readonly tolerance?: number } = {},
): Promise<void> {
  const tolerance = options.tolerance ?? TOLERANCE;
  // The engine sees float32; the reference starts from the same rounded numbers.
  const exact = inputs.map(({ data }) => Float64Array.from(Float32Array.from(data)));
  const expected = reference(exact);
  const upstream = Float32Array.from(generateNumbers(99, expected.length));
  const { output, gradients } = await runOperation(build, inputs, upstream, options.blockSize ?? 0);
  expectClose(output, expected, tolerance, "outputs");
  exact.forEach((input, index) => {
    if (inputs[index]?.constant) return;
    const numerical = input.map((number, at) => {
      const lossAt = (shifted: number): number => {
        const moved = exact.map((other, which) => (which === index ? other.slice() : other));
        (moved[index] as Float64Array)[at] = shifted;
        return reference(moved).reduce((sum, value, element) => sum + value * (upstream[element] as number), 0);
      };
      return (lossAt(number + STEP) - lossAt(number - STEP)) / (2 * STEP);
    });
    expectClose(gradients[index] as Float32Array, numerical, tolerance, `gradient of input ${index}`);
  });
}

/** A tensor of generated numbers in [-1, 1), no two of which are equal. */
export function generatedInput(shape: readonly number[], seed: number, scale = 1): OperationInput {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, data: generateNumbers(seed, count).map((number) => number * scale) };
}
