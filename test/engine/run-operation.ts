import { Tensor } from "onnxruntime-node";
import { Computation } from "../../src/engine/computation.ts";
import { elementCount, type Value } from "../../src/engine/graph.ts";
import { encodeOnnx } from "../../src/engine/onnx-file.ts";
import { openSession } from "../../src/engine/session.ts";

export interface OperationInput {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** No gradient is asked for. */
  readonly constant?: boolean;
}

export type BuildOperation = (computation: Computation, inputs: readonly Value[]) => Value;

export interface OperationResult {
  readonly shape: readonly number[];
  readonly output: Float32Array;
  /** Of sum(upstream * output) with respect to each input; empty for a constant. */
  readonly gradients: readonly Float32Array[];
  /** Each input after the step, where the operation renews it. */
  readonly renewed: readonly Float32Array[];
}

/**
 * Runs one operation forward and backward in ONNX Runtime, with `upstream` as the loss's gradient of its output.
 * `feeds`: inputs that the operation itself declares.
 */
export async function runOperation(
  build: BuildOperation,
  inputs: readonly OperationInput[],
  upstream: ArrayLike<number> | null,
  blockSize: 0 | 8 | 16 = 0,
  feeds: Readonly<Record<string, OperationInput>> = {},
): Promise<OperationResult> {
  const computation = new Computation({ kind: "training", blockSize });
  const { graph } = computation;
  const values = inputs.map(({ shape, constant }, index) =>
    constant ? computation.input(`input_${index}`, shape) : computation.differentiableInput(`input_${index}`, shape),
  );
  const output = build(computation, values);
  const upstreamValue = computation.input("upstream", output.shape);
  computation.backpropagate({ of: output, gradient: upstreamValue });
  graph.output(output, "output");
  values.forEach((value, index) => {
    if (!inputs[index]?.constant) graph.output(computation.gradientOf(value), `gradient_${index}`);
    graph.output(computation.renewalOf(value), `renewed_${index}`);
  });
  const given = { ...Object.fromEntries(inputs.map((input, index) => [`input_${index}`, input])), ...feeds };
  const tensors = Object.entries(given).map(([name, { shape, data }]) => {
    return [name, new Tensor("float32", Float32Array.from(data), [...shape])] as const;
  });
  const ones = new Float32Array(elementCount(output.shape)).fill(1);
  const upstreamTensor = new Tensor("float32", upstream === null ? ones : Float32Array.from(upstream), [
    ...output.shape,
  ]);
  const session = await openSession(encodeOnnx(graph), { device: "cpu", threads: 1 });
  try {
    const results = await session.run({ ...Object.fromEntries(tensors), upstream: upstreamTensor });
    return {
      shape: output.shape,
      output: results.output?.data as Float32Array,
      gradients: inputs.map((_, index) => (results[`gradient_${index}`]?.data as Float32Array) ?? new Float32Array(0)),
      renewed: inputs.map((_, index) => results[`renewed_${index}`]?.data as Float32Array),
    };
  } finally {
    await session.release();
  }
}
