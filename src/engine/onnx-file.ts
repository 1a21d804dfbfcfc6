import type { Attribute, ElementType, Graph, GraphNode, Initializer, Value } from "./graph.ts";
import { BLOCKED_LAYOUT_DOMAIN, elementCount, VENDOR_DOMAIN } from "./graph.ts";
import { ProtobufWriter, readProtobuf } from "./protobuf.ts";
import { CODE_OF_TYPE, TYPE_OF_CODE } from "./shape-rules.ts";

export interface OnnxFileOptions {
  /** Operator set; 17 for models that travel, 21 for training graphs. */
  readonly opset?: number;
  /** Written to `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The first axis of every input and output is any size, named "N". The graph must have been built for it. */
  readonly anyBatch?: boolean;
}

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, integer: 2, text: 3, integers: 7 } as const;

/** Fields of TensorProto. */
const FLOAT_DATA = 4;
const RAW_DATA = 9;
const BYTES_OF_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** The bytes of an ONNX ModelProto (onnx.proto3, field numbers as there). The same graph gives the same bytes. */
export function encodeOnnx(graph: Graph, options: OnnxFileOptions = {}): Uint8Array {
  return modelOf(graph, options).finish();
}

/** The same bytes in pieces, for a file: stored tensors are pieces that share the graph's memory. */
export function encodeOnnxInPieces(graph: Graph, options: OnnxFileOptions = {}): readonly Uint8Array[] {
  return modelOf(graph, options).pieces;
}

function modelOf(graph: Graph, options: OnnxFileOptions): ProtobufWriter {
  const opset = options.opset ?? 21;
  const model = new ProtobufWriter().integer(1, opset > 18 ? 10 : 8).text(2, "micronuclei");
  model.message(7, encodeGraph(graph, options.anyBatch ?? false));
  const domains = new Set(["", ...graph.nodes.map((node) => node.domain)]);
  if (domains.has(BLOCKED_LAYOUT_DOMAIN)) domains.add(VENDOR_DOMAIN);
  for (const domain of domains) {
    model.message(8, new ProtobufWriter().text(1, domain).integer(2, domain === "" ? opset : 1));
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    model.message(14, new ProtobufWriter().text(1, key).text(2, value));
  }
  return model;
}

function encodeGraph(graph: Graph, anyBatch: boolean): ProtobufWriter {
  const encoded = new ProtobufWriter();
  for (const node of graph.nodes) encoded.message(1, encodeNode(node));
  encoded.text(2, "micronuclei");
  for (const initializer of graph.initializers) encoded.message(5, encodeInitializer(initializer));
  for (const value of graph.inputs) encoded.message(11, encodeValue(value, anyBatch));
  for (const value of graph.outputs) encoded.message(12, encodeValue(value, anyBatch));
  return encoded;
}

function encodeNode(node: GraphNode): ProtobufWriter {
  const encoded = new ProtobufWriter();
  for (const name of node.inputs) encoded.text(1, name);
  for (const name of node.outputs) encoded.text(2, name);
  encoded.text(3, node.outputs[0] ?? "").text(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) encoded.message(5, encodeAttribute(name, attribute));
  if (node.domain !== "") encoded.text(7, node.domain);
  return encoded;
}

function encodeAttribute(name: string, attribute: Attribute): ProtobufWriter {
  const encoded = new ProtobufWriter().text(1, name);
  if (typeof attribute === "number") return encoded.integer(3, attribute).integer(20, ATTRIBUTE_TYPE.integer);
  if (typeof attribute === "string") return encoded.text(4, attribute).integer(20, ATTRIBUTE_TYPE.text);
  if ("float" in attribute) return encoded.float(2, attribute.float).integer(20, ATTRIBUTE_TYPE.float);
  for (const number of attribute) encoded.integer(8, number);
  return encoded.integer(20, ATTRIBUTE_TYPE.integers);
}

function encodeInitializer({ value, bytes }: Initializer): ProtobufWriter {
  const encoded = new ProtobufWriter();
  for (const size of value.shape) encoded.integer(1, size);
  return encoded.integer(2, CODE_OF_TYPE[value.type]).text(8, value.name).bytes(9, bytes);
}

function encodeValue(value: Value, anyBatch: boolean): ProtobufWriter {
  const shape = new ProtobufWriter();
  value.shape.forEach((size, axis) => {
    const dimension = new ProtobufWriter();
    if (anyBatch && axis === 0) dimension.text(2, "N");
    else dimension.integer(1, size);
    shape.message(1, dimension);
  });
  const tensorType = new ProtobufWriter().integer(1, CODE_OF_TYPE[value.type]).message(2, shape);
  return new ProtobufWriter().text(1, value.name).message(2, new ProtobufWriter().message(1, tensorType));
}

/** What we read back from a model file: its stored tensors and its metadata. */
export interface OnnxContent {
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads stored tensors (as `raw_data` or `float_data`) and metadata of an ONNX file; tensors that are stored otherwise
 * or of a type that we do not use are left out. Throws MODEL_UNREADABLE.
 */
export function decodeOnnx(bytes: Uint8Array): OnnxContent {
  const initializers = new Map<string, Initializer>();
  const metadata: Record<string, string> = {};
  for (const { field, bytes: content } of readProtobuf(bytes)) {
    if (field === 7) {
      for (const graphField of readProtobuf(content)) {
        if (graphField.field !== 5) continue;
        const initializer = decodeInitializer(graphField.bytes);
        if (initializer !== null) initializers.set(initializer.value.name, initializer);
      }
    } else if (field === 14) {
      const entry = { key: "", value: "" };
      for (const part of readProtobuf(content)) {
        if (part.field === 1) entry.key = new TextDecoder().decode(part.bytes);
        if (part.field === 2) entry.value = new TextDecoder().decode(part.bytes);
      }
      metadata[entry.key] = entry.value;
    }
  }
  return { initializers, metadata };
}

/** The numbers of every stored float32 or float16 tensor, by name: a model's weights. */
export function storedFloats({ initializers }: OnnxContent): Map<string, Float32Array> {
  const floats = new Map<string, Float32Array>();
  for (const [name, { value, bytes }] of initializers) {
    // A copy, since the bytes of a file need not begin at a multiple of the elements' size.
    const { buffer } = Uint8Array.from(bytes);
    if (value.type === "float32") floats.set(name, new Float32Array(buffer));
    if (value.type === "float16") floats.set(name, Float32Array.from(new Float16Array(buffer)));
  }
  return floats;
}

function decodeInitializer(bytes: Uint8Array): Initializer | null {
  const shape: number[] = [];
  let name = "";
  let type: ElementType | undefined;
  let content: Uint8Array = new Uint8Array(0);
  for (const part of readProtobuf(bytes)) {
    if (part.field === 1) shape.push(...(part.bytes.length > 0 ? packedVarints(part.bytes) : [Number(part.integer)]));
    else if (part.field === 2) type = TYPE_OF_CODE[Number(part.integer)];
    else if (part.field === 8) name = new TextDecoder().decode(part.bytes);
    else if (part.field === RAW_DATA || part.field === FLOAT_DATA) content = part.bytes;
  }
  if (type === undefined || content.length !== elementCount(shape) * BYTES_OF_TYPE[type]) return null;
  return { value: { name, shape, type }, bytes: content };
}

function packedVarints(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      numbers.push(value);
      [value, scale] = [0, 1];
    }
  }
  return numbers;
}
