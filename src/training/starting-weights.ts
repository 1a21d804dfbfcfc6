import { TrainingError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import type { Parameter } from "../engine/computation.ts";
import { elementCount } from "../engine/graph.ts";
import { decodeOnnx } from "../engine/onnx-file.ts";
import { initialiseParameter } from "../networks/initialise.ts";
import { type ReadOptions, readWeightsFile } from "../weights/read.ts";
import { type NamedTensor, type TensorMap, toFloat32 } from "../weights/tensor-file.ts";

export interface StartingWeights {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Parameters taken from the file, and those that it lacks and that were drawn at random. */
  readonly taken: readonly string[];
  readonly initialised: readonly string[];
}

/** Reads the tensors of a model of ours, beside the formats of weights/. */
const ONNX_FORMAT: NonNullable<ReadOptions["formats"]>[number] = {
  name: "onnx",
  // A ModelProto starts with its field 1, the version of the format, as a varint.
  recognises: (start) => start[0] === 0x08 && start[2] === 0x12,
  read: (source) => {
    const { initializers, metadata } = decodeOnnx(source.read(0, source.size));
    const tensors = new Map<string, NamedTensor>();
    for (const [name, { value, bytes }] of initializers) {
      if (value.type !== "float32" && value.type !== "float16") continue;
      tensors.set(name, { name, shape: value.shape, type: value.type, data: bytes });
    }
    return { tensors, metadata };
  },
};

/** All tensors of a file of weights: safetensors, a PyTorch checkpoint or a model of ours. Throws WeightsError. */
export async function readAnyWeights(path: string): Promise<TensorMap> {
  return (await readWeightsFile(path, { formats: [ONNX_FORMAT] })).tensors;
}

/**
 * Starting numbers of every parameter: from the file where name and shape agree, else drawn. The classifier of another
 * task (other shape) is thus drawn anew. Throws WEIGHTS_DO_NOT_FIT where not one parameter is found.
 */
export function chooseStartingWeights(
  parameters: readonly Parameter[],
  tensors: TensorMap | null,
  stream: RandomStream,
): StartingWeights {
  const weights = new Map<string, Float32Array>();
  const taken: string[] = [];
  const initialised: string[] = [];
  for (const parameter of parameters) {
    const given = tensors?.get(parameter.name);
    const fits = given !== undefined && given.shape.join() === parameter.shape.join();
    (fits ? taken : initialised).push(parameter.name);
    weights.set(parameter.name, fits ? toFloat32(given) : initialiseParameter(parameter, stream));
  }
  if (tensors !== null && taken.length === 0) throw doNotFit(parameters, tensors);
  return { weights, taken, initialised };
}

function doNotFit(parameters: readonly Parameter[], tensors: TensorMap): TrainingError {
  const list = (items: Iterable<{ name: string; shape: readonly number[] }>) =>
    [...items]
      .slice(0, 4)
      .map(({ name, shape }) => `${name} [${shape.join(", ")}]`)
      .join(", ");
  const total = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return new TrainingError(
    "WEIGHTS_DO_NOT_FIT",
    `No tensor of the weights file fits this network of ${total} parameters. The file has ${list(tensors.values())}, ...; ` +
      `the network wants ${list(parameters)}, .... Choose the network that the weights were made for.`,
  );
}
