import { dirname, extname, resolve } from "node:path";
import type { ReportProgress } from "../core/progress.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { decodeModelMetadata, type ModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx } from "../engine/onnx-file.ts";
import type { SessionOptions } from "../engine/session.ts";
import { areaUnderRoc } from "../evaluation/roc.ts";
import { mapsToShow, overlayAttention, upsampleMap } from "../explanation/attention-image.ts";
import {
  type Localisation,
  type LocalisationSummary,
  measureLocalisation,
  summariseLocalisation,
} from "../explanation/localisation.ts";
import { fitMask, marksAnything } from "../explanation/mask.ts";
import { readImage } from "../images/decode.ts";
import { encodePng } from "../images/encode.ts";
import { readMask } from "../images/mask.ts";
import { type CellScore, scoreCells } from "../scoring/score-cells.ts";
import type { FinishedRun } from "./experiment.ts";
import { testCells } from "./split-data.ts";

/** Where the maps of a training point, by the name of the map. */
export type MapLocalisation = Readonly<Record<string, LocalisationSummary>>;

/** The maps of one cell, as in the paper's figure 6; pictures are PNG files. */
export interface ExplainedExample {
  readonly file: string;
  readonly label: string;
  readonly probability: number;
  readonly cell: Uint8Array;
  readonly maps: readonly { readonly name: string; readonly picture: Uint8Array }[];
}

/** The same network with weights drawn at random: what it scores by chance. Adebayo et al. 2018. */
export interface RandomisationCheck {
  readonly auc: number;
  readonly localisation: MapLocalisation;
}

/** Column of a manifest with the path of a cell's mask of micronuclei. */
const MASK_COLUMN = "mask";
const EXAMPLES_SHOWN = 6;

/** Test cells with a mask of their micronuclei. */
export function maskedTestCells(dataset: Dataset): Cell[] {
  return testCells(dataset).filter(({ columns }) => (columns[MASK_COLUMN] ?? "").trim() !== "");
}

/** Localisation of a model's maps over the test cells with a mask; empty where there is no mask or no map. */
export async function localise(
  model: Uint8Array,
  dataset: Dataset,
  session: SessionOptions,
  reportProgress: ReportProgress,
): Promise<MapLocalisation> {
  const masked = maskedTestCells(dataset);
  const measured = new Map<string, Localisation[]>();
  let done = 0;
  for await (const { cell, score } of scored(model, masked, session)) {
    reportProgress({ stage: "Measuring where the maps point", done: ++done, total: masked.length });
    const mask = fitMask(await readMask(maskPath(cell, dataset)), score.width, score.height);
    if (!marksAnything(mask)) continue;
    for (const [name, map] of Object.entries(mapsToShow(score))) {
      const one = measureLocalisation(upsampleMap(map, score.width, score.height), mask.data);
      measured.set(name, [...(measured.get(name) ?? []), one]);
    }
  }
  const summaries = [...measured].flatMap(([name, all]) => {
    const summary = summariseLocalisation(all);
    return summary === null ? [] : [[name, summary] as const];
  });
  return Object.fromEntries(summaries);
}

/** `randomise`: a model of the same network with weights drawn at random by the seed. */
export async function checkRandomised(
  trained: Uint8Array,
  seed: number,
  dataset: Dataset,
  session: SessionOptions,
  randomise: (metadata: ModelMetadata, seed: number) => Uint8Array,
  reportProgress: ReportProgress,
): Promise<RandomisationCheck> {
  const model = randomise(decodeModelMetadata(decodeOnnx(trained).metadata), seed);
  const cells = testCells(dataset);
  const probabilities: number[] = [];
  const positives: boolean[] = [];
  for await (const { cell, score } of scored(model, cells, session)) {
    reportProgress({ stage: "Scoring with random weights", done: probabilities.length + 1, total: cells.length });
    probabilities.push(score.probability);
    positives.push(cell.label === dataset.positiveClass);
  }
  return {
    auc: areaUnderRoc(probabilities, positives),
    localisation: await localise(model, dataset, session, reportProgress),
  };
}

/** Test cells over the whole range of the probability, the positive ones first, with the maps of the model. */
export async function explainExamples(
  { testScores }: FinishedRun,
  model: Uint8Array,
  dataset: Dataset,
  session: SessionOptions,
): Promise<ExplainedExample[]> {
  const cells = testCells(dataset);
  const byProbability = [...cells.keys()].sort((a, b) => testScores[b]! - testScores[a]!);
  const spread = (wanted: boolean): Cell[] => {
    const order = byProbability.filter((at) => (cells[at]?.label === dataset.positiveClass) === wanted);
    const count = Math.min(EXAMPLES_SHOWN / 2, order.length);
    return Array.from({ length: count }, (_, index) => {
      const rank = count === 1 ? 0 : Math.round((index * (order.length - 1)) / (count - 1));
      return cells[order[rank]!] as Cell;
    });
  };
  const examples: ExplainedExample[] = [];
  for await (const { cell, score } of scored(model, [...spread(true), ...spread(false)], session)) {
    const image = await readImage(cell.path);
    const maps = Object.entries(mapsToShow(score)).map(async ([name, map]) => ({
      name,
      picture: await encodePng(overlayAttention(image, map)),
    }));
    examples.push({
      file: cell.file,
      label: cell.label ?? "",
      probability: score.probability,
      cell: await encodePng(image),
      maps: await Promise.all(maps),
    });
  }
  return examples;
}

async function* scored(
  model: Uint8Array,
  cells: readonly Cell[],
  session: SessionOptions,
): AsyncGenerator<{ readonly cell: Cell; readonly score: CellScore }> {
  if (cells.length === 0) return;
  const images = cells.map((cell) => ({ path: cell.path, source: cell }));
  for await (const result of scoreCells({ bytes: model }, images, { session }))
    if ("score" in result) yield { cell: result.source, score: result.score };
}

/** Relative masks are looked for where the manifest is. */
function maskPath({ columns }: Cell, { source }: Dataset): string {
  const folder = extname(source) === "" ? source : dirname(source);
  return resolve(folder, (columns[MASK_COLUMN] ?? "").trim().replaceAll("\\", "/"));
}
