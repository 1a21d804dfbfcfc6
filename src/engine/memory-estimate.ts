import { type ElementType, elementCount, type Graph, type GraphNode } from "./graph.ts";

const BYTES_PER_ELEMENT: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/**
 * The most bytes that intermediate results of a graph take at once when its nodes run in ONNX Runtime's order and each
 * result is kept from its node to its last reader. Inputs, stored tensors and outputs are not counted: they are the
 * caller's.
 */
export function peakIntermediateBytes(graph: Graph): number {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const order = executionOrder(graph);
  const lastReader = new Map<string, number>();
  order.forEach(({ inputs }, moment) => {
    for (const name of inputs) lastReader.set(name, moment);
  });
  let held = 0;
  let peak = 0;
  order.forEach((node, moment) => {
    held += bytesOf(graph, node.outputs, outputs);
    peak = Math.max(peak, held);
    const finished = [...new Set([...node.inputs, ...node.outputs])].filter(
      (name) => (lastReader.get(name) ?? moment) === moment,
    );
    held -= bytesOf(graph, finished, outputs);
  });
  return peak;
}

/**
 * The nodes as ONNX Runtime runs them one after the other (its GraphViewer): depth first, from the last node that nobody
 * reads to the first; of a node's inputs the one that was added last comes first. Not the order in which they were added,
 * so that two graphs of the same nodes can take very different memory.
 */
export function executionOrder({ nodes }: Graph): GraphNode[] {
  const makers = new Map(nodes.flatMap(({ outputs }, index) => outputs.map((name) => [name, index] as const)));
  const readNames = new Set(nodes.flatMap(({ inputs }) => inputs));
  const isRead = ({ outputs }: GraphNode) => outputs.some((name) => readNames.has(name));
  const order: GraphNode[] = [];
  const entered = new Set<number>();
  const stack = [...nodes.keys()].filter((index) => !isRead(nodes[index] as GraphNode)).map(entering);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const node = nodes[next.index] as GraphNode;
    if (next.leaving) order.push(node);
    if (entered.has(next.index)) continue;
    entered.add(next.index);
    const sources = node.inputs.map((name) => makers.get(name)).filter((maker) => maker !== undefined);
    stack.push({ index: next.index, leaving: true }, ...sources.sort((left, right) => left - right).map(entering));
  }
  return order;
}

function entering(index: number): { readonly index: number; readonly leaving: boolean } {
  return { index, leaving: false };
}

function bytesOf(graph: Graph, names: readonly string[], outputs: ReadonlySet<string>): number {
  return names.reduce((sum, name) => {
    const value = graph.computed.get(name);
    if (value === undefined || outputs.has(name)) return sum;
    return sum + elementCount(value.shape) * BYTES_PER_ELEMENT[value.type];
  }, 0);
}
