import { Computation, type Parameter } from "./computation.ts";
import { Graph } from "./graph.ts";
import { encodeOnnx } from "./onnx-file.ts";
import {
  appendOptimiser,
  clippingScale,
  type OptimiserSettings,
  renewBuffers,
  type StateTensor,
} from "./optimisers.ts";

/** A sum of gradients that goes round from micro-batch to micro-batch. */
export interface GradientSum {
  readonly parameter: string;
  readonly shape: readonly number[];
  readonly input: string;
  readonly output: string;
}

/** A training step in parts: the gradients of each micro-batch of a batch, and the update at its end. */
export interface AccumulationGraphs {
  /** Forward and backward pass; adds the gradients to the sums and renews the buffers. */
  readonly gradientModel: Uint8Array;
  /** From all sums what gradients are multiplied by, as output `scale`; null where they are not clipped. */
  readonly clippingModel: Uint8Array | null;
  readonly update: PiecewiseUpdate;
  /** As of a graph for the whole step. */
  readonly states: readonly StateTensor[];
  readonly sums: readonly GradientSum[];
}

/**
 * The update of any N numbers of one parameter, one row of any length. An update is elementwise, so that it can go over a
 * parameter piece by piece: a graph for whole parameters would take several times their memory.
 */
export interface PiecewiseUpdate {
  readonly model: Uint8Array;
  /** What goes round, by role: each [N]. */
  readonly states: readonly Pick<StateTensor, "role" | "input" | "output">[];
}

/** Inputs of the update: numbers of a gradient [N], and what they are multiplied by []. */
export const GRADIENT_INPUT = "gradient";
export const SCALE = "scale";

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
    return { parameter: name, shape, input: old.name, output: graph.output(sum, sum.name).name };
  });
  const buffers = renewBuffers(computation);
  const update = updateOfPieces(settings, clipNorm !== null);
  return {
    gradientModel: encodeOnnx(graph),
    clippingModel: clipNorm === null ? null : encodeClipping(sums, clipNorm),
    update,
    states: [...computation.parameters.flatMap((parameter) => statesOf(parameter, update)), ...buffers],
    sums,
  };
}

function encodeClipping(sums: readonly GradientSum[], clipNorm: number): Uint8Array {
  const graph = new Graph();
  const gradients = sums.map(({ input, shape }) => graph.input(input, shape));
  graph.output(clippingScale(graph, gradients, clipNorm), SCALE);
  return encodeOnnx(graph);
}

function updateOfPieces(settings: OptimiserSettings, clipped: boolean): PiecewiseUpdate {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const numbers = computation.parameter("numbers", [1], { kind: "constant", number: 0 });
  const gradient = computation.input(GRADIENT_INPUT, [1]);
  const scaled = clipped ? computation.graph.add("Mul", [gradient, computation.input(SCALE, [])]) : gradient;
  computation.accumulate(numbers, scaled);
  const states = appendOptimiser(computation, settings, null);
  return { model: encodeOnnx(computation.graph, { anyBatch: true }), states };
}

/** The state tensors of one parameter, under the names that they have in a graph for the whole step. */
function statesOf({ name, shape }: Parameter, { states }: PiecewiseUpdate): StateTensor[] {
  return states.map(({ role }) => ({
    parameter: name,
    role,
    shape,
    input: role === "weight" ? name : `${role}/${name}`,
    output: `new/${role}/${name}`,
  }));
}
