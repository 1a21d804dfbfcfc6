import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { EngineError } from "../core/errors.ts";
import { Graph } from "./graph.ts";
import { decodeOnnx, encodeOnnx, encodeOnnxInPieces } from "./onnx-file.ts";

/** y = 2 x + [1, 2, 3], with stored tensors of several types. */
function exampleGraph(batch = 2): Graph {
  const graph = new Graph();
  const x = graph.input("x", [batch, 3]);
  const doubled = graph.add("Mul", [x, graph.scalar(2)]);
  const offset = graph.store("offset", [3], "float32", new Uint8Array(Float32Array.of(1, 2, 3).buffer));
  graph.store("halves", [2], "float16", new Uint8Array(new Float16Array([1.5, -2]).buffer));
  graph.store("bytes", [4], "uint8", Uint8Array.of(0, 127, 128, 255));
  graph.output(graph.add("Add", [doubled, offset]), "y");
  graph.integers([-1, 0, 2 ** 40]);
  return graph;
}

/** The runtime warns of stored tensors that no node reads; here they are meant. */
const open = async (model: Uint8Array) => await InferenceSession.create(model, { logSeverityLevel: 3 });

const metadata = { "micronuclei.version": '"0.1.0"', "ein Schlüssel": "µ ≤ 0.5 ✓", empty: "" };

test("stored tensors and metadata come back as they were written", () => {
  const content = decodeOnnx(encodeOnnx(exampleGraph(), { metadata }));
  expect(content.metadata).toEqual(metadata);
  const numbers = (name: string) => Uint8Array.from(content.initializers.get(name)!.bytes).buffer;
  expect([...new Float32Array(numbers("offset"))]).toEqual([1, 2, 3]);
  expect([...new Float16Array(numbers("halves"))]).toEqual([1.5, -2]);
  expect([...new Uint8Array(numbers("bytes"))]).toEqual([0, 127, 128, 255]);
  expect(content.initializers.get("halves")!.value).toEqual({ name: "halves", shape: [2], type: "float16" });
  const integers = [...content.initializers.values()].find(({ value }) => value.type === "int64")!;
  expect([...new BigInt64Array(Uint8Array.from(integers.bytes).buffer)]).toEqual([-1n, 0n, 2n ** 40n]);
});

test("the pieces of a file are its bytes, and stored tensors among them are not copied", () => {
  const graph = exampleGraph();
  const pieces = encodeOnnxInPieces(graph, { metadata });
  expect(Buffer.concat(pieces).equals(encodeOnnx(graph, { metadata }))).toBe(true);
  for (const { bytes } of graph.initializers) expect(pieces.some((piece) => piece === bytes)).toBe(true);
});

test("the same graph gives the same bytes", () => {
  expect(encodeOnnx(exampleGraph(), { metadata })).toEqual(encodeOnnx(exampleGraph(), { metadata }));
});

test.each([17, 21])("ONNX Runtime runs a file of opset %d", async (opset) => {
  const session = await open(encodeOnnx(exampleGraph(), { opset, metadata }));
  const { y } = await session.run({ x: new Tensor("float32", [1, 2, 3, -1, -2, -3], [2, 3]) });
  expect([...(y!.data as Float32Array)]).toEqual([3, 6, 9, -1, -2, -3]);
  await session.release();
});

test("a file for any batch takes one of another size", async () => {
  const session = await open(encodeOnnx(exampleGraph(1), { opset: 17, anyBatch: true }));
  const { y } = await session.run({ x: new Tensor("float32", new Float32Array(15), [5, 3]) });
  expect(y!.dims).toEqual([5, 3]);
  await session.release();
});

test("integer, negative, list, float and text attributes reach the runtime", async () => {
  const graph = new Graph();
  const x = graph.input("x", [1, 1, 3, 3]);
  const pooled = graph.add("MaxPool", [x], { kernel_shape: [2, 2], strides: [1, 1], auto_pad: "VALID" });
  const sharp = graph.add("HardSigmoid", [pooled], { alpha: { float: 0.125 }, beta: { float: -0.25 } });
  graph.output(graph.add("Softmax", [sharp], { axis: -1 }), "y");
  const session = await open(encodeOnnx(graph));
  const { y } = await session.run({ x: new Tensor("float32", [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]) });
  // Windows' maxima 5, 6 / 8, 9 become 0.375, 0.5 / 0.75, 0.875: rows that differ by 0.125.
  const share = 1 / (1 + Math.exp(0.125));
  const expected = [share, 1 - share, share, 1 - share];
  for (const [index, number] of (y!.data as Float32Array).entries()) expect(number).toBeCloseTo(expected[index]!, 6);
  await session.release();
});

test("float_data, as other programs store tensors, is read as well as raw_data", () => {
  // TensorProto { dims: 2, data_type: 1, float_data: [1, 2] packed, name: "w" } in GraphProto.initializer of ModelProto.graph
  const tensor = [8, 2, 16, 1, 34, 8, 0, 0, 128, 63, 0, 0, 0, 64, 66, 1, 119];
  const graph = [42, tensor.length, ...tensor];
  const { initializers } = decodeOnnx(Uint8Array.of(58, graph.length, ...graph));
  expect([...new Float32Array(Uint8Array.from(initializers.get("w")!.bytes).buffer)]).toEqual([1, 2]);
});

test("a tensor of a type that we do not use, or stored elsewhere, is left out", () => {
  const wrap = (tensor: number[]) => Uint8Array.of(58, tensor.length + 2, 42, tensor.length, ...tensor);
  const float64 = wrap([8, 1, 16, 11, 74, 8, 0, 0, 0, 0, 0, 0, 0, 0, 66, 1, 119]);
  const external = wrap([8, 2, 16, 1, 66, 1, 119]);
  expect(decodeOnnx(float64).initializers.size).toBe(0);
  expect(decodeOnnx(external).initializers.size).toBe(0);
});

test.each([
  ["a text", new TextEncoder().encode("This is not a model, but a text of some length.")],
  ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70)],
  ["half a model", encodeOnnx(exampleGraph()).subarray(0, 150)],
])("%s is refused as MODEL_UNREADABLE", (_, bytes) => {
  expect(() => decodeOnnx(bytes)).toThrow(expect.objectContaining({ code: "MODEL_UNREADABLE" }));
});

test("whatever bytes a damaged file has, it is read or refused with a code, at once", () => {
  const whole = encodeOnnx(exampleGraph(), { metadata });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (changes) => {
        const damaged = whole.slice();
        for (const [position, byte] of changes) damaged[position] = byte;
        try {
          decodeOnnx(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
