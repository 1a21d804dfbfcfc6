import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { DatasetError } from "../core/errors.ts";
import { readManifest } from "../dataset/manifest.ts";
import { selectDevice } from "../engine/devices.ts";
import { findImages } from "../images/list.ts";
import { MODEL_IN_THE_BOX, readModel } from "../scoring/model.ts";
import { type CellImage, scoreCells } from "../scoring/score-cells.ts";
import { ScoreFile } from "../scoring/score-file.ts";
import { errorColumns, scoreColumns } from "../scoring/score-row.ts";
import type { Console } from "./console.ts";
import type { ScoreOptions } from "./score.ts";

/** A source of this name is a manifest, any other an image or a folder. */
const MANIFEST_NAME = /\.(csv|tsv|jsonl|ndjson)$/i;

type Columns = Readonly<Record<string, string>>;

export interface ScoringSummary {
  readonly cells: number;
  readonly failed: number;
  readonly positive: number;
  readonly scores: string;
  readonly seconds: number;
  readonly model: string;
  readonly threshold: number;
}

/** Scores a source into a file and says what came out; goes on with a broken-off file. */
export async function runScoring(
  first: string,
  second: string | undefined,
  options: ScoreOptions,
  console: Console,
): Promise<void> {
  const [modelPath, source] = second === undefined ? [MODEL_IN_THE_BOX, first] : [first, second];
  const started = performance.now();
  const read = await readModel(modelPath);
  const threshold = options.threshold ?? read.metadata.operating_point.threshold;
  const model = {
    ...read,
    metadata: { ...read.metadata, operating_point: { ...read.metadata.operating_point, threshold } },
  };
  const { device } = await selectDevice(options.device, console.message, { portable: true });
  const out = options.out ?? "scores.csv";
  const file = await ScoreFile.open(out, { modelSha256: model.sha256, source: resolve(source), threshold });
  const total = await countCells(source);
  if (file.rowsBefore > 0) console.message(`Going on after ${file.rowsBefore} cells that ${out}.partial holds.`);
  let [cells, failed, positive] = [file.rowsBefore, file.failedBefore, 0];
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.once("SIGINT", stop);
  const session = { device, threads: options.threads ?? 0 };
  const images = skip(cellsOf(source), file.rowsBefore);
  for await (const cell of scoreCells(model, images, { session, batch: options.batch })) {
    const score = "score" in cell ? scoreColumns(cell.score, model.metadata) : errorColumns(cell.error);
    await file.write({ columns: cell.source, score });
    cells++;
    if (score.error !== "") failed++;
    if (score.prediction === model.metadata.positive_class) positive++;
    console.progress({ stage: "Scoring", done: cells, total, detail: `${failed} unreadable` });
    if (stopped) break;
  }
  process.off("SIGINT", stop);
  if (stopped) {
    await file.suspend();
    console.message(`Stopped after ${cells} of ${total} cells; the same command goes on from here.`);
    process.exitCode = 1;
    return;
  }
  await file.finish();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(2));
  const summary: ScoringSummary = { cells, failed, positive, scores: out, seconds, model: modelPath, threshold };
  console.result(summary, describe(summary, file.rowsBefore));
}

function describe({ cells, failed, positive, scores, seconds, threshold }: ScoringSummary, before: number): string {
  const called = before > 0 ? "" : ` Called positive at ${threshold.toFixed(3)}: ${positive}.`;
  const unreadable = failed === 0 ? "" : ` ${failed} could not be read; their rows say why.`;
  return `${cells} cells in ${seconds} s: ${scores}.${called}${unreadable}`;
}

/** The cells of a source one after the other; a manifest's rows with all of their columns. */
async function* cellsOf(source: string): AsyncGenerator<CellImage<Columns>> {
  if (MANIFEST_NAME.test(source)) {
    for await (const cell of readManifest(source)) yield { path: cell.path, source: cell.columns };
    return;
  }
  const images = await imagesOf(source);
  const folder = images.length === 1 && images[0] === source ? "." : source;
  for (const path of images) yield { path, source: { file: relative(folder, path).replaceAll("\\", "/") } };
}

async function countCells(source: string): Promise<number> {
  if (!MANIFEST_NAME.test(source)) return (await imagesOf(source)).length;
  let count = 0;
  for await (const _ of readManifest(source)) count++;
  return count;
}

async function imagesOf(source: string): Promise<string[]> {
  const found = await stat(source).catch(() => null);
  if (found?.isFile()) return [source];
  const images = found === null ? [] : await findImages(source);
  if (images.length > 0) return images;
  throw new DatasetError(
    "SOURCE_EMPTY",
    `${source} ${found === null ? "does not exist" : "has no images"}. Expected a folder of images, a manifest or an image.`,
  );
}

async function* skip<Item>(items: AsyncIterable<Item>, count: number): AsyncGenerator<Item> {
  let index = 0;
  for await (const item of items) if (index++ >= count) yield item;
}
