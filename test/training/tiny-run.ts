import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../../src/core/files.ts";
import { ignoreProgress } from "../../src/core/progress.ts";
import { RandomStream } from "../../src/core/random.ts";
import type { Dataset } from "../../src/dataset/cell.ts";
import { loadDataset } from "../../src/dataset/load-dataset.ts";
import { encodePng } from "../../src/images/encode.ts";
import type { FileOfWeights, TrainingOutcome } from "../../src/training/request.ts";
import { parseTrainingSettings } from "../../src/training/settings.ts";
import { train } from "../../src/training/train.ts";

const SIDE = 67;

/** A folder with a manifest of drawn discs: the positive ones have a small second disc. */
export async function drawTinyDataset(cells = 24): Promise<{ folder: string; manifest: string }> {
  const folder = await mkdtemp(join(tmpdir(), "mn-tiny-"));
  const stream = new RandomStream("tiny cells");
  const rows = ["file,label,field,split"];
  for (let index = 0; index < cells; index++) {
    const positive = index % 3 === 0;
    const file = `cell-${index}.png`;
    const data = drawDiscs(stream.fork(index), positive);
    await writeFileAtomically(join(folder, file), await encodePng({ width: SIDE, height: SIDE, channels: 1, data }));
    const split = index < cells / 2 ? "train" : "val";
    rows.push(`${file},${positive ? "mn" : "normal"},${split}-field-${index % 4},${split}`);
  }
  const manifest = join(folder, "manifest.csv");
  await writeFileAtomically(manifest, `${rows.join("\n")}\n`);
  return { folder, manifest };
}

function drawDiscs(stream: RandomStream, positive: boolean): Uint8Array {
  const data = new Uint8Array(SIDE * SIDE);
  const disc = (x: number, y: number, radius: number) => {
    for (let row = 0; row < SIDE; row++)
      for (let column = 0; column < SIDE; column++)
        if (Math.hypot(column - x, row - y) < radius) data[row * SIDE + column] = 200;
  };
  const [x, y] = [stream.uniform(28, 38), stream.uniform(28, 38)];
  disc(x, y, 14);
  if (positive) disc(x + 20, y, 5);
  return data;
}

/** A network small enough for milliseconds a step; weights random. */
export const TINY_SETTINGS = {
  network: { name: "alexnet-attention", widths: [8, 8, 8, 8, 8], attention: { channels: 8 } },
  side: SIDE,
  epochs: 3,
  batch: 4,
  schedule: { learningRate: 0.01, warmUpSteps: 2, leastSteps: 0, everyEpochs: 2 },
} as const;

export interface TinyRun {
  readonly manifest: string;
  readonly runFolder: string;
  readonly resume?: boolean;
  readonly settings?: object;
  /** Stop after this many steps, as Ctrl-C does. */
  readonly stopAfterSteps?: number;
  readonly dataset?: Dataset;
  readonly fileOfWeights?: FileOfWeights;
  readonly logAugmentation?: boolean;
  /** Filled with what the training says. */
  readonly messages?: string[];
}

export async function runTiny({
  manifest,
  runFolder,
  resume,
  settings,
  stopAfterSteps,
  dataset,
  fileOfWeights,
  messages,
  logAugmentation,
}: TinyRun): Promise<TrainingOutcome> {
  const stop = new AbortController();
  const before = (await readFile(join(runFolder, "checkpoint.safetensors")).catch(() => null)) === null ? 0 : null;
  return train({
    dataset: dataset ?? (await loadDataset(manifest)),
    settings: parseTrainingSettings({ ...TINY_SETTINGS, ...settings }, "the test"),
    runFolder,
    resume: resume ?? false,
    ...(fileOfWeights && { fileOfWeights }),
    logAugmentation: logAugmentation ?? false,
    session: { device: "cpu", threads: 1, blockSize: 0 },
    operatingPoint: { rule: "highest-f1" },
    version: "0.0.0-test",
    reportProgress:
      stopAfterSteps === undefined || before === null
        ? ignoreProgress
        : ({ stage, done }) => {
            if (stage === "Training" && done >= stopAfterSteps) stop.abort();
          },
    reportEpoch: () => {},
    message: (text) => messages?.push(text),
    signal: stop.signal,
  });
}
