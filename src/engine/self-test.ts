import { Tensor } from "onnxruntime-node";
import { RandomStream } from "../core/random.ts";
import { Computation } from "./computation.ts";
import { elementCount, type Value } from "./graph.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { sigmoid } from "./operations/activations.ts";
import { attendedMean } from "./operations/arithmetic.ts";
import { convolution } from "./operations/convolution.ts";
import { maxPool } from "./operations/pooling.ts";
import { type Device, openSession } from "./session.ts";

export type BlockSize = 0 | 8 | 16;

/** A way of running a training graph: on which device, and whether in the CPU's blocked layout. */
export interface Candidate {
  readonly device: Device;
  readonly blockSize: BlockSize;
}

export interface SelfTestResult {
  /** The features of a made-up batch, then the gradient of every parameter. */
  readonly outputs: readonly Float32Array[];
  /** Of the second run; the first also prepares the device. */
  readonly milliseconds: number;
}

/** Enough work to tell a fast device from a slow one in a few milliseconds; channels fill blocks of 16 and of 8. */
const BATCH = 4;
const SIDE = 64;
const FILTERS = 32;

/**
 * Runs forward and backward passes of a small network on a candidate: a strided convolution of an image, maximum
 * pooling, a 3 x 3 convolution with ReLU, an attention map, and the pooled, attended features. Images, weights and
 * the gradient of the features come from a fixed random stream, so that candidates can be compared number by number.
 */
export async function runSelfTest(candidate: Candidate): Promise<SelfTestResult> {
  const { model, shapes } = buildSelfTest(candidate.blockSize);
  const session = await openSession(model, { device: candidate.device, threads: 0 });
  try {
    const random = new RandomStream("self-test");
    const feeds = Object.fromEntries(
      shapes.map(({ name, shape }) => {
        // Small enough that sums over a window stay near 1 whatever the layer.
        const scale = Math.sqrt(3 / elementCount(shape.slice(1)));
        const numbers = Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-scale, scale));
        return [name, new Tensor("float32", numbers, [...shape])];
      }),
    );
    await session.run(feeds);
    const start = performance.now();
    const results = await session.run(feeds);
    const milliseconds = performance.now() - start;
    return { outputs: session.outputNames.map((name) => results[name]?.data as Float32Array), milliseconds };
  } finally {
    await session.release();
  }
}

function buildSelfTest(blockSize: BlockSize): { model: Uint8Array; shapes: readonly Value[] } {
  const computation = new Computation({ kind: "training", blockSize });
  const { graph } = computation;
  const weight = (name: string, shape: readonly number[]) =>
    computation.parameter(name, shape, { kind: "constant", number: 0 });
  const image = computation.input("image", [BATCH, 3, SIDE, SIDE]);
  const strided = convolution(computation, image, weight("first", [FILTERS, 3, 5, 5]), weight("bias", [FILTERS]), {
    stride: 2,
    padding: 2,
  });
  const pooled = maxPool(computation, strided, { kernel: 3, stride: 2 });
  const features = convolution(computation, pooled, weight("second", [FILTERS, FILTERS, 3, 3]), null, {
    padding: 1,
    relu: true,
  });
  const attention = sigmoid(computation, convolution(computation, features, weight("third", [1, FILTERS, 1, 1]), null));
  const attended = attendedMean(computation, features, attention);
  computation.backpropagate({ of: attended, gradient: computation.input("gradient", attended.shape) });
  graph.output(attended, "features");
  for (const { name, value } of computation.parameters) graph.output(computation.gradientOf(value), `gradient/${name}`);
  return { model: encodeOnnx(graph), shapes: graph.inputs };
}

/**
 * The greatest deviation of any output, relative to the greatest magnitude of that output in the reference; infinite
 * where an output is missing, of another length or not a number.
 */
export function greatestDeviation(tested: readonly Float32Array[], reference: readonly Float32Array[]): number {
  if (tested.length !== reference.length) return Number.POSITIVE_INFINITY;
  const deviations = reference.map((expected, index) => relativeDeviation(tested[index], expected));
  return Math.max(...deviations);
}

function relativeDeviation(tested: Float32Array | undefined, expected: Float32Array): number {
  if (tested?.length !== expected.length) return Number.POSITIVE_INFINITY;
  let scale = 0;
  let deviation = 0;
  for (const [index, number] of expected.entries()) {
    scale = Math.max(scale, Math.abs(number));
    const difference = Math.abs((tested[index] as number) - number);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    deviation = Math.max(deviation, difference);
  }
  return deviation / scale;
}
