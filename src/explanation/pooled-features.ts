import { ProtobufWriter, readProtobuf } from "../engine/protobuf.ts";

/** The output that `withFeatures` adds to a model. */
export const FEATURES_OUTPUT = "pooled_features";

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
}

/** Fields of ModelProto, GraphProto, NodeProto, ValueInfoProto, TypeProto and its Tensor (onnx.proto3). */
const FIELD = {
  ...{ graph: 7, node: 1, output: 12, nodeInput: 1, nodeOutput: 2, nodeOperator: 4 },
  ...{ valueName: 1, valueType: 2, tensorType: 1, elementType: 1 },
} as const;
const FLOAT32 = 1;

/**
 * The same model with one more output: the numbers that its last layer makes the logits of, [N, C] (for the paper's network
 * the channel means of the attended maps). Null where the last layer is not found.
 */
export function withFeatures(model: Uint8Array): Uint8Array | null {
  const features = inputOfLastLayer(nodesOf(model));
  if (features === null) return null;
  const tensor = new ProtobufWriter().integer(FIELD.elementType, FLOAT32);
  const type = new ProtobufWriter().message(FIELD.tensorType, tensor);
  const renaming = new ProtobufWriter()
    .text(FIELD.nodeInput, features)
    .text(FIELD.nodeOutput, FEATURES_OUTPUT)
    .text(FIELD.nodeOperator, "Identity");
  const output = new ProtobufWriter().text(FIELD.valueName, FEATURES_OUTPUT).message(FIELD.valueType, type);
  const addition = new ProtobufWriter().message(FIELD.node, renaming).message(FIELD.output, output);
  // Protocol Buffers: a message that occurs twice is merged, its lists joined. So nothing of the model is written anew.
  const appended = new ProtobufWriter().message(FIELD.graph, addition).finish();
  const joined = new Uint8Array(model.length + appended.length);
  joined.set(model);
  joined.set(appended, model.length);
  return joined;
}

/** Nodes by the name of each of their outputs. */
function nodesOf(model: Uint8Array): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  for (const { field, bytes: graph } of readProtobuf(model)) {
    if (field !== FIELD.graph) continue;
    for (const { field: kind, bytes } of readProtobuf(graph)) {
      if (kind !== FIELD.node) continue;
      const parts = [...readProtobuf(bytes)];
      const all = (wanted: number) => parts.filter((part) => part.field === wanted).map((part) => text(part.bytes));
      const node = { operator: all(FIELD.nodeOperator)[0] ?? "", inputs: all(FIELD.nodeInput) };
      for (const output of all(FIELD.nodeOutput)) nodes.set(output, node);
    }
  }
  return nodes;
}

/** Goes from the logits back through renamings to the product with the last layer's weights. */
function inputOfLastLayer(nodes: ReadonlyMap<string, Node>): string | null {
  for (let name: string | undefined = "logits"; name !== undefined; ) {
    const node: Node | undefined = nodes.get(name);
    const input: string | undefined = node?.inputs[0];
    if (node?.operator === "Gemm" || node?.operator === "MatMul") return input ?? null;
    // A bias that is added by itself follows the product.
    name = node?.operator === "Identity" || node?.operator === "Add" ? input : undefined;
  }
  return null;
}
