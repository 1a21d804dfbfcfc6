import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { Computation, type Parameter } from "../../src/engine/computation.ts";
import { elementCount, type Graph, type Value } from "../../src/engine/graph.ts";
import { encodeOnnx } from "../../src/engine/onnx-file.ts";
import { openSession } from "../../src/engine/session.ts";
import { buildNetwork, type NetworkSettings } from "../../src/networks/networks.ts";
import { focalLoss, PAPER_FOCAL_LOSS } from "../../src/training/focal-loss.ts";
import { interpretGraph, rememberConstants } from "../engine/float64/interpret.ts";
import { fnv1a, generateImages } from "../engine/generated-numbers.ts";

/** What PyTorch gives for a network with generated weights on two generated images: test/golden/networks/README.md. */
export interface ReferenceNetwork {
  readonly params: number;
  readonly macs: number;
  /** Shapes by key of the state_dict, in its order. */
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly eval_logits: readonly (readonly number[])[];
  readonly train_logits_dropout_off?: readonly (readonly number[])[];
  readonly train_focal2?: number;
  readonly grad_l2?: Readonly<Record<string, number>>;
  readonly running_after_one_train_forward?: Readonly<Record<string, { readonly sum: number }>>;
}

export const referenceNetworks: Readonly<Record<string, ReferenceNetwork>> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/networks/comparators.json"), "utf8"),
);

/** Our settings of each reference. */
export const SETTINGS_OF_REFERENCE: Readonly<Record<string, NetworkSettings>> = {
  "ours-k3": { name: "alexnet-attention", attention: { kernel: 3 } },
  alexnet: { name: "alexnet" },
  "alex-light": { name: "alex-light" },
  "alex-ca": { name: "alex-ca" },
  "mobilenet-v1": { name: "mobilenet" },
  "mobilenet-v2": { name: "mobilenet-v2" },
  vgg16: { name: "vgg16" },
  googlenet: { name: "googlenet" },
  resnet18: { name: "resnet" },
  resnet50: { name: "resnet-50" },
  "msa-net": { name: "msa-net" },
  "vgg-att": { name: "vgg-attention" },
  "googlenet-att": { name: "googlenet-attention" },
  "resnet18-att": { name: "resnet-attention" },
  "resnet50-att": { name: "resnet-attention-50" },
};

const [IMAGES, SIDE] = [2, 224];
/** Image i has label i mod 2. */
const TARGET = [1, 0, 0, 1];
const SHARES = [1 / IMAGES, 1 / IMAGES];

/** The generated numbers of a parameter or running statistic; a plain loop, since VGG-16 has 134 million. */
export function generateState(name: string, shape: readonly number[]): Float32Array {
  const [offset, scale] = rangeOf(name, shape);
  const numbers = new Float32Array(elementCount(shape));
  let state = (fnv1a(name) ^ 1) >>> 0;
  for (let index = 0; index < numbers.length; index++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    numbers[index] = offset + scale * (state / 2 ** 31 - 1);
  }
  return numbers;
}

function rangeOf(name: string, shape: readonly number[]): [offset: number, scale: number] {
  if (name.endsWith(".running_mean")) return [0, 0.1];
  if (name.endsWith(".running_var")) return [1, 0.25];
  if (!name.endsWith(".weight")) return [0, 0.05];
  if (shape.length === 1) return [1, 0.25];
  return [0, Math.sqrt(6 / elementCount(shape.slice(1))) * (name.endsWith(".W.weight") ? 0.2 : 1)];
}

/** Logits in inference: two an image. */
export async function evaluateReference(settings: NetworkSettings): Promise<Float32Array> {
  const { parameters, buffers } = describe(settings);
  const weights = new Map([...parameters, ...buffers].map(({ name, shape }) => [name, generateState(name, shape)]));
  const computation = new Computation({ kind: "inference", weights, storage: "float32" });
  const { logits } = buildNetwork(computation, imageInput(computation), settings);
  const outputs = await run(computation, { logits }, {});
  return outputs.logits as Float32Array;
}

export interface TrainingPass {
  readonly logits: Float32Array | Float64Array;
  readonly loss: number;
  /** Euclidean norms by parameter. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** Sums after the step by buffer. */
  readonly bufferSums: Readonly<Record<string, number>>;
}

/** One pass in training mode (batch statistics, no dropout), forward and backward. */
export async function trainReference(network: NetworkSettings): Promise<TrainingPass> {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const { logits, loss } = buildPass(computation, network);
  // By filter, and summed in float64: a float32 sum over millions has lost its fourth digit.
  const squares = computation.parameters.map(({ name, value, shape }) => {
    const axes = shape.map((_, axis) => axis).slice(1);
    const gradient = computation.gradientOf(value);
    const rows = axes.length === 0 ? graph.add("Mul", [gradient, gradient]) : squaredNorms(graph, gradient, axes);
    return [name, rows] as const;
  });
  const sums = computation.buffers.map(
    ({ name, value }) => [name, graph.sum(computation.renewalOf(value), [0], true)] as const,
  );
  const state = [...computation.parameters, ...computation.buffers].map(
    ({ name, shape }) => [name, new Tensor("float32", generateState(name, shape), [...shape])] as const,
  );
  const named = (prefix: string, values: readonly (readonly [string, Value])[]) =>
    Object.fromEntries(values.map(([name, value]) => [`${prefix}/${name}`, value]));
  const outputs = await run(
    computation,
    { logits, loss, ...named("squares", squares), ...named("sum", sums) },
    {
      target: new Tensor("float32", TARGET, [IMAGES, 2]),
      shares: new Tensor("float32", SHARES, [IMAGES, 1]),
      ...Object.fromEntries(state),
    },
  );
  const first = (name: string) => outputs[name]?.[0] as number;
  return {
    logits: outputs.logits as Float32Array,
    loss: first("loss"),
    gradientNorms: Object.fromEntries(
      squares.map(([name]) => [name, Math.sqrt(outputs[`squares/${name}`]?.reduce((sum, x) => sum + x, 0) as number)]),
    ),
    bufferSums: Object.fromEntries(sums.map(([name]) => [name, first(`sum/${name}`)])),
  };
}

/** The same pass of the same graph, computed in float64 from the operators' definitions, without ONNX Runtime. */
export function trainReferenceExactly(network: NetworkSettings): Omit<TrainingPass, "bufferSums"> {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph, parameters, buffers } = computation;
  const constants = rememberConstants(graph);
  const { logits, loss } = buildPass(computation, network);
  const state = [...parameters, ...buffers].map(({ name, shape }) => [name, generateState(name, shape)] as const);
  const gradients = parameters.map(({ name, value }) => [name, computation.gradientOf(value).name] as const);
  const inputs = {
    ...{ image: generateImages(IMAGES, SIDE), target: TARGET, shares: SHARES },
    ...Object.fromEntries(state),
  };
  const wanted = [logits.name, loss.name, ...gradients.map(([, gradient]) => gradient)];
  const values = interpretGraph(graph, inputs, wanted, constants);
  const numbers = (name: string) => values.get(name)?.data as Float64Array;
  const norm = (name: string) => Math.sqrt(numbers(name).reduce((sum, x) => sum + x * x, 0));
  return {
    logits: numbers(logits.name),
    loss: numbers(loss.name)[0] as number,
    gradientNorms: Object.fromEntries(gradients.map(([name, gradient]) => [name, norm(gradient)])),
  };
}

/** Forward and backward pass with the inputs `image`, `target` and `shares`. */
function buildPass(computation: Computation, network: NetworkSettings): { logits: Value; loss: Value } {
  const { logits } = buildNetwork(computation, imageInput(computation), { ...network, dropout: 0 });
  const target = computation.input("target", [IMAGES, 2]);
  const shares = computation.input("shares", [IMAGES, 1]);
  const loss = focalLoss(computation, logits, target, shares, PAPER_FOCAL_LOSS);
  computation.backpropagate();
  return { logits, loss };
}

function describe(settings: NetworkSettings): { parameters: readonly Parameter[]; buffers: readonly Parameter[] } {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, imageInput(computation), settings);
  return computation;
}

function squaredNorms(graph: Graph, value: Value, axes: readonly number[]): Value {
  return graph.add("ReduceSumSquare", [value, graph.integers(axes)], { keepdims: 0 });
}

function imageInput(computation: Computation): Value {
  return computation.input("image", [IMAGES, 3, SIDE, SIDE]);
}

async function run(
  { graph }: Computation,
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, Float32Array>>> {
  for (const [name, value] of Object.entries(outputs)) graph.output(value, name);
  const session = await openSession(encodeOnnx(graph), { device: "cpu", threads: 2 });
  const image = new Tensor("float32", generateImages(IMAGES, SIDE), [IMAGES, 3, SIDE, SIDE]);
  const results = await session.run({ image, ...feeds });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
}
