import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { RandomStream } from "../../src/core/random.ts";
import { Computation } from "../../src/engine/computation.ts";
import type { ModelMetadata } from "../../src/engine/model-metadata.ts";
import { encodePng } from "../../src/images/encode.ts";
import type { RasterImage } from "../../src/images/raster.ts";
import { encodeModel } from "../../src/networks/model-file.ts";
import { buildNetwork, type NetworkSettings } from "../../src/networks/networks.ts";
import { normalise } from "../../src/networks/normalisation.ts";
import type { FamiliarityStatistics } from "../../src/networks/unfamiliarity.ts";

/** The least side at which every layer of AlexNet still has a pixel; maps are then 3 x 3. */
export const TINY_SIDE = 67;

const NETWORK: NetworkSettings = {
  name: "alexnet-attention",
  widths: [4, 4, 4, 4, 4],
  attention: { channels: 4 },
};

export const TINY_METADATA: ModelMetadata = {
  version: "0.0.0-test",
  network: { ...NETWORK },
  classes: ["normal", "mn"],
  positive_class: "mn",
  operating_point: { threshold: 0.5, rule: "fixed", chosen_on: "nothing" },
  calibration: { method: "none", temperature: 1 },
  training: { side: TINY_SIDE },
  data_hash: "none",
  licences: ["CC0 1.0: numbers drawn for the tests"],
  metrics: {},
};

/** A model file of a few hundred seeded random weights, large enough that cells differ in their probabilities. */
export function tinyModel(
  seed: number,
  metadata: Partial<ModelMetadata> = {},
  familiarity: FamiliarityStatistics | null = null,
): Uint8Array {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const image = computation.input("image", [1, 3, TINY_SIDE, TINY_SIDE], "uint8");
  buildNetwork(computation, normalise(computation, image), NETWORK);
  const stream = new RandomStream(seed);
  const weights = new Map(
    computation.parameters.map(({ name, shape }) => {
      const own = stream.fork(name);
      const count = shape.reduce((product, size) => product * size, 1);
      const deviation = shape.length === 1 ? 0.1 : Math.sqrt(3 / (count / (shape[0] as number)));
      return [name, Float32Array.from({ length: count }, () => own.normal(0, deviation))];
    }),
  );
  const whole = { ...TINY_METADATA, ...metadata };
  return encodeModel({ network: NETWORK, weights, storage: "float32", metadata: whole, familiarity, side: TINY_SIDE });
}

/** A grey cell at the tiny model's size: a disc somewhere, as bright as its number says. */
export function tinyCell(index: number): RasterImage {
  const stream = new RandomStream(`cell ${index}`);
  const [x, y, radius] = [stream.uniform(20, 46), stream.uniform(20, 46), stream.uniform(6, 18)];
  const level = stream.uniform(60, 250);
  const data = Uint8Array.from({ length: TINY_SIDE * TINY_SIDE }, (_, pixel) =>
    Math.hypot((pixel % TINY_SIDE) - x, Math.floor(pixel / TINY_SIDE) - y) < radius ? level : 10,
  );
  return { width: TINY_SIDE, height: TINY_SIDE, channels: 1, data };
}

/** A new folder with these files, each a tiny cell of its place in the list. */
export async function tinyCells(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mn-cells-"));
  for (const [index, name] of names.entries()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), await encodePng(tinyCell(index)));
  }
  return folder;
}

/** What a model says of grey images, asked with onnxruntime-node and nothing of ours. */
export async function askPlainly(model: Uint8Array, images: readonly RasterImage[]) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const { width, height } = images[0] as RasterImage;
  const pixels = new Uint8Array(images.length * 3 * width * height);
  images.forEach(({ data }, slot) => {
    for (let plane = 0; plane < 3; plane++) pixels.set(data, (3 * slot + plane) * data.length);
  });
  const outputs = await session.run({ image: new Tensor("uint8", pixels, [images.length, 3, height, width]) });
  await session.release();
  const floats = (name: string) => [...((outputs[name] as Tensor).data as Float32Array)];
  return { names: Object.keys(outputs), probability: floats("probability"), logits: floats("logits"), floats, outputs };
}
