import { ClassifierSession } from "../engine/classifier-session.ts";
import { Computation } from "../engine/computation.ts";
import { elementCount, type GraphNode, type Value } from "../engine/graph.ts";
import type { SessionOptions } from "../engine/session.ts";
import { buildNetwork, type NetworkSettings } from "../networks/networks.ts";
import { normalise } from "../networks/normalisation.ts";

export interface NetworkCost {
  /** Learned numbers. */
  readonly parameters: number;
  /** Multiplications, each with an addition, of the convolutions and dense layers for one cell. */
  readonly multiplyAdds: number;
  /** Numbers of all intermediate results for one cell, megabytes of float32: what a batch takes times its size, at least. */
  readonly activationMegabytes: number;
}

/** What a network costs for images of side x side pixels, counted on its graph. */
export function networkCost(network: NetworkSettings, side: number): NetworkCost {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const image = computation.input("image", [1, 3, side, side], "uint8");
  buildNetwork(computation, normalise(computation, image), network);
  const values = new Map(
    [...graph.inputs, ...graph.initializers.map(({ value }) => value), ...graph.computed.values()].map((value) => [
      value.name,
      value,
    ]),
  );
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    parameters: sum(computation.parameters.map(({ shape }) => elementCount(shape))),
    multiplyAdds: sum(graph.nodes.map((node) => multiplyAddsOf(node, values))),
    activationMegabytes: (4 * sum([...graph.computed.values()].map(({ shape }) => elementCount(shape)))) / 1e6,
  };
}

/**
 * Conv: outputs times C_in / groups * k_h * k_w; MatMul and Gemm: outputs times the length of the sum; others count as nothing.
 */
function multiplyAddsOf(
  { operator, inputs, outputs, attributes }: GraphNode,
  values: ReadonlyMap<string, Value>,
): number {
  const shapeOf = (name: string | undefined): readonly number[] => values.get(name ?? "")?.shape ?? [];
  const results = elementCount(shapeOf(outputs[0]));
  switch (operator) {
    case "Conv":
      // [C_out, C_in / groups, k_h, k_w]
      return results * elementCount(shapeOf(inputs[1]).slice(1));
    case "MatMul":
      return results * (shapeOf(inputs[0]).at(-1) ?? 0);
    case "Gemm":
      return results * (shapeOf(inputs[0])[attributes.transA === 1 ? 0 : 1] ?? 0);
    default:
      return 0;
  }
}

const TIMED_CELLS = 9;

/** Median time for one cell by itself, milliseconds, after two that do not count. */
export async function inferenceMilliseconds(model: Uint8Array, options: SessionOptions): Promise<number> {
  const session = await ClassifierSession.open(model, options);
  try {
    const { side } = session;
    const pixels = new Uint8Array(3 * side * side).fill(128);
    const times: number[] = [];
    for (let cell = 0; cell < TIMED_CELLS + 2; cell++) {
      const started = performance.now();
      await session.classify(pixels, 1, side, { attention: false });
      if (cell >= 2) times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[Math.floor(TIMED_CELLS / 2)] as number;
  } finally {
    await session.close();
  }
}
