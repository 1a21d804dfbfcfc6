import { Computation } from "./computation.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { appendOptimiser, type OptimiserSettings, renewBuffers, type StateTensor } from "./optimisers.ts";

/** A sum of gradients that goes round from micro-batch to micro-batch. */
export interface GradientSum {
  readonly shape: readonly number[];
  readonly input: string;
  readonly output: string;
}

/** A training step in two graphs: one for each micro-batch of a batch, one for the update at its end. */
export interface AccumulationGraphs {
  /** Forward and backward pass; adds the gradients to the sums and renews the buffers. */
  readonly gradientModel: Uint8Array;
  /** Renews parameters and optimiser memory from the sums. */
  readonly updateModel: Uint8Array;
  /** As of a graph for the whole step. */
  readonly states: readonly StateTensor[];
  readonly sums: readonly GradientSum[];
}

/**
 * Ends a computation that has been back-propagated, and has its loss as an output, for gradient accumulation: the sum
 * over micro-batches of what each adds to the loss has the gradient of the whole batch's loss, so that the update is
 * the same, in the memory of one micro-batch. Batch statistics, where a network has them, are those of a micro-batch.
 *
 * The loss must be a sum over images (sample weights 1 / n for a mean over n), not a mean over the micro-batch.
 */
export function accumulateGradients(
  computation: Computation,
  settings: OptimiserSettings,
  clipNorm: number | null,
): AccumulationGraphs {
  const { graph } = computation;
  const sums = computation.parameters.map(({ name, shape, value }) => {
    const old = graph.input(`gradient/${name}`, shape);
    const gradient = computation.gradientOf(value);
    const sum = graph.add("Add", [old, gradient], {}, { names: [`new/gradient/${name}`] });
    return { shape, input: old.name, output: graph.output(sum, sum.name).name };
  });
  const buffers = renewBuffers(computation);
  const update = new Computation({ kind: "training", blockSize: 0 });
  for (const { name, shape, initialisation } of computation.parameters) {
    const parameter = update.parameter(name, shape, initialisation);
    update.accumulate(parameter, update.input(`gradient/${name}`, shape));
  }
  const updated = appendOptimiser(update, settings, clipNorm);
  return {
    gradientModel: encodeOnnx(graph),
    updateModel: encodeOnnx(update.graph),
    states: [...updated, ...buffers],
    sums,
  };
}
