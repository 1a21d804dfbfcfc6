import { type ElementType, elementCount, type Graph } from "./graph.ts";

const BYTES_PER_ELEMENT: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/**
 * The most bytes that intermediate results of a graph take at once when its nodes run in their order and each result is
 * kept from its node to its last reader. Inputs, stored tensors and outputs are not counted: they are the caller's.
 */
export function peakIntermediateBytes(graph: Graph): number {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const lastReader = new Map<string, number>();
  graph.nodes.forEach(({ inputs }, index) => {
    for (const name of inputs) lastReader.set(name, index);
  });
  let held = 0;
  let peak = 0;
  graph.nodes.forEach((node, index) => {
    held += bytesOf(graph, node.outputs, outputs);
    peak = Math.max(peak, held);
    const finished = [...new Set([...node.inputs, ...node.outputs])].filter(
      (name) => (lastReader.get(name) ?? index) === index,
    );
    held -= bytesOf(graph, finished, outputs);
  });
  return peak;
}

function bytesOf(graph: Graph, names: readonly string[], outputs: ReadonlySet<string>): number {
  return names.reduce((sum, name) => {
    const value = graph.computed.get(name);
    if (value === undefined || outputs.has(name)) return sum;
    return sum + elementCount(value.shape) * BYTES_PER_ELEMENT[value.type];
  }, 0);
}
