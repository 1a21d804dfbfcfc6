import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFileAtomically } from "../core/files.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { selectDevice } from "../engine/devices.ts";
import { mapsToShow, overlayAttention, rangeOf, upsampleMap } from "../explanation/attention-image.ts";
import { type Localisation, measureLocalisation, summariseLocalisation } from "../explanation/localisation.ts";
import { readImage } from "../images/decode.ts";
import { encodePng } from "../images/encode.ts";
import { readMask } from "../images/mask.ts";
import { type DemoCell, type DemoLocalisation, demoPage } from "../report/demo-page.ts";
import { learningCharts } from "../report/training-page.ts";
import { MODEL_IN_THE_BOX, readModel } from "../scoring/model.ts";
import { type CellScore, scoreCells } from "../scoring/score-cells.ts";
import { ScoreFile } from "../scoring/score-file.ts";
import { errorColumns, scoreColumns } from "../scoring/score-row.ts";
import type { TrainingOutcome } from "../training/request.ts";
import { RUN_FILES } from "../training/run-folder.ts";
import { parseTrainingSettings } from "../training/settings.ts";
import { train } from "../training/train.ts";
import { type Console, formatDuration } from "./console.ts";
import type { DemoOptions } from "./demo.ts";
import { drawDemoCells, prepareDemoFolder, takeDemoCells } from "./demo-data.ts";
import { openInBrowser } from "./open-in-browser.ts";
import { versionOfPackage } from "./version.ts";

/** Cells shown of each kind on the page. */
const SHOWN = 9;

interface ScoredTestCell {
  readonly cell: Cell;
  readonly score: CellScore;
}

/** Data, training, evaluation, scores, localisation, one page; every stage with progress. */
export async function runDemo(options: DemoOptions, console: Console): Promise<void> {
  const started = performance.now();
  const { out, data } = options;
  await prepareDemoFolder(out);
  console.message(data === undefined ? `1 of 4  Drawing ${options.cells} cells` : `1 of 4  Reading ${data}`);
  const dataset =
    data === undefined ? await drawDemoCells(options, console) : await takeDemoCells(data, options, console);
  console.message(`2 of 4  Training ${options.epochs} epochs from the model in the box`);
  const runFolder = join(out, "run");
  const device = await selectDevice(options.device, console.message);
  const session = { ...device, threads: options.threads ?? 0 };
  const outcome = await trainDemo(dataset, options, runFolder, session, console);
  if (outcome.evaluation?.test == null) {
    process.exitCode = 1;
    return console.message("Stopped. Run the demonstration again to see its page.");
  }
  console.message("3 of 4  Scoring the test cells and measuring where the network looked");
  const scored = await scoreTestCells(dataset, join(runFolder, RUN_FILES.model), out, session, console);
  const localisation = await localise(scored);
  console.message("4 of 4  Writing the page");
  const page = join(out, "index.html");
  const seconds = (performance.now() - started) / 1000;
  await writeFileAtomically(page, await composePage(options, dataset, outcome, scored, localisation, seconds));
  const { test } = outcome.evaluation;
  const address = pathToFileURL(resolve(page)).href;
  console.result(
    {
      page: resolve(page),
      seconds,
      cells: dataset.cells.length,
      test: { cells: test.cells, auc: test.auc, auc_ci95: test.auc_ci95, f1: test.f1, f1_ci95: test.f1_ci95 },
      localisation,
    },
    `Done in ${formatDuration(seconds * 1000)}. AUC ${test.auc?.toFixed(3)} on ${test.cells} cells of fields that it had never seen.\nThe result: ${address}`,
  );
  if (options.open) openInBrowser(resolve(page));
}

function trainDemo(
  dataset: Dataset,
  options: DemoOptions,
  runFolder: string,
  session: Parameters<typeof train>[0]["session"],
  console: Console,
): Promise<TrainingOutcome> {
  const settings = parseTrainingSettings(
    {
      epochs: options.epochs,
      seed: options.seed,
      weights: MODEL_IN_THE_BOX,
      augmentation: "online",
      schedule: { everyEpochs: Math.max(1, Math.ceil(options.epochs / 2)) },
      ...(options.data === undefined ? { balanceWithin: "stain" } : {}),
    },
    "the demonstration",
  );
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  return train({
    ...{ dataset, settings, runFolder, session, resume: false },
    operatingPoint: { rule: "highest-f1" },
    version: versionOfPackage(),
    reportProgress: console.progress,
    reportEpoch: () => {},
    message: console.message,
    signal: stop.signal,
  });
}

async function scoreTestCells(
  dataset: Dataset,
  modelPath: string,
  out: string,
  session: { device: "cpu" | "cuda" | "webgpu" | "coreml" | "dml"; threads: number },
  console: Console,
): Promise<ScoredTestCell[]> {
  const model = await readModel(modelPath);
  const cells = dataset.cells.filter(({ split }) => split === "test");
  const { threshold } = model.metadata.operating_point;
  const identity = {
    modelSha256: model.sha256,
    sourceSha256: dataset.hash,
    threshold,
    positiveClass: dataset.positiveClass,
  };
  const file = await ScoreFile.open(join(out, "scores.csv"), identity);
  const scored: ScoredTestCell[] = [];
  const images = cells.map((cell) => ({ path: cell.path, source: cell }));
  for await (const result of scoreCells(model, images, { session })) {
    const { source: cell } = result;
    const ours =
      "score" in result
        ? scoreColumns(result.score, { classes: model.metadata.classes, threshold })
        : errorColumns(result.error);
    await file.write({ columns: cell.columns, score: ours });
    if ("score" in result) scored.push({ cell, score: result.score });
    console.progress({ stage: "Scoring", done: scored.length, total: cells.length });
  }
  await file.finish();
  return scored;
}

/** Localisation of every map over the test cells that have a mask with a micronucleus. */
async function localise(scored: readonly ScoredTestCell[]): Promise<DemoLocalisation[]> {
  const measured = new Map<string, Localisation[]>();
  for (const { cell, score } of scored) {
    const maskPath = cell.columns.mask;
    if (!maskPath || cell.mnCount === 0 || cell.mnCount === undefined) continue;
    const path = maskPathOf(cell, maskPath);
    if (!existsSync(path)) continue;
    const mask = await readMask(path);
    for (const [name, map] of Object.entries(mapsToShow(score))) {
      const values = upsampleMap(map, mask.width, mask.height);
      measured.set(name, [...(measured.get(name) ?? []), measureLocalisation(values, mask.data)]);
    }
  }
  return [...measured].flatMap(([name, all]) => {
    const summary = summariseLocalisation(all);
    return summary === null ? [] : [{ map: layerName(name), ...summary }];
  });
}

/** Drawn cells name their mask from the folder that their images lie in. */
function maskPathOf(cell: Cell, mask: string): string {
  return join(dirname(dirname(dirname(cell.path))), mask);
}

async function composePage(
  options: DemoOptions,
  dataset: Dataset,
  outcome: TrainingOutcome,
  scored: readonly ScoredTestCell[],
  localisation: readonly DemoLocalisation[],
  seconds: number,
): Promise<string> {
  const evaluation = outcome.evaluation?.test;
  const kept = outcome.best?.epoch ?? null;
  if (evaluation == null) throw new Error("The page needs an evaluation of the test cells.");
  const drawn = options.data === undefined;
  const [negative, positive] = dataset.classes;
  const { out } = options;
  return demoPage({
    title: drawn ? "Micronuclei in drawn cells" : `Micronuclei in ${options.data}`,
    lede:
      `${dataset.cells.length} cells, trained ${outcome.history.length} epochs from the model in the box, measured on ` +
      `${evaluation.cells} cells of fields that the training had not seen. Everything took ${formatDuration(seconds * 1000)}.`,
    warnings: drawn
      ? [
          "These cells are drawn by this software, fluorescence-like and Giemsa-like, with the hard cases of real slides among them. Numbers on drawn cells say nothing about real ones.",
        ]
      : [
          "The model in the box was trained on public cells (see models/README.md). If yours are among them, these numbers are too good.",
        ],
    evaluation,
    classNames: { positive, negative },
    learningCurves: learningCharts({
      history: outcome.history.map(({ trainingLoss, ...record }) => ({ ...record, trainLoss: trainingLoss })),
      totalEpochs: outcome.history.length,
      keptEpoch: kept,
    }),
    galleries: await galleriesOf(scored, dataset, evaluation.threshold),
    localisation,
    nextSteps: [
      {
        what: "Train on your own cells (a folder with mn/ and normal/, or a manifest):",
        command: "npm run -s mn -- train my-cells/ --weights models/micronuclei-fluorescence.onnx --out run",
      },
      {
        what: "Score a slide with the model of this demonstration:",
        command: `npm run -s mn -- score ${join(out, "run", RUN_FILES.model)} slide/ --out scores.csv`,
      },
      {
        what: "See where a model looks:",
        command: `npm run -s mn -- explain ${join(out, "run", RUN_FILES.model)} slide/ --out explained`,
      },
    ],
    facts: [
      ["Cells", `${dataset.cells.length}: ${countsOf(dataset)}`],
      ["Split", "whole fields in training, validation and test, 6:2:2"],
      ["Data hash", dataset.hash],
      ["Files", `${out}: data.csv, run (model, history, evaluation), scores.csv`],
      ["Seed", String(options.seed)],
    ],
    footer: `micronuclei ${versionOfPackage()}. Not for clinical decisions.`,
  });
}

function countsOf({ cells, positiveClass }: Dataset): string {
  return (["train", "val", "test"] as const)
    .map((split) => {
      const own = cells.filter((cell) => cell.split === split);
      const positives = own.filter(({ label }) => label === positiveClass).length;
      return `${split} ${own.length} (${positives} ${positiveClass})`;
    })
    .join(", ");
}

async function galleriesOf(scored: readonly ScoredTestCell[], { positiveClass, classes }: Dataset, threshold: number) {
  const isPositive = ({ cell }: ScoredTestCell) => cell.label === positiveClass;
  const isCalled = ({ score }: ScoredTestCell) => score.probability >= threshold;
  const surest = scored.toSorted((one, other) => other.score.probability - one.score.probability);
  const show = async (cells: readonly ScoredTestCell[]) =>
    Promise.all(cells.slice(0, SHOWN).map((one) => demoCell(one, isCalled(one) ? positiveClass : classes[0])));
  const leastSure = surest.toReversed();
  return [
    {
      heading: "Found",
      explanation: "Cells with a micronucleus that were called so, the surest first.",
      cells: await show(surest.filter((one) => isPositive(one) && isCalled(one))),
    },
    {
      heading: "Missed",
      explanation: "Cells with a micronucleus that were not called, the lowest probability first.",
      cells: await show(leastSure.filter((one) => isPositive(one) && !isCalled(one))),
    },
    {
      heading: "False alarms",
      explanation: "Cells without a micronucleus that were called, the highest probability first.",
      cells: await show(surest.filter((one) => !isPositive(one) && isCalled(one))),
    },
    {
      heading: "Rightly passed",
      explanation: "Cells without a micronucleus that were not called, the closest to the threshold first.",
      cells: await show(surest.filter((one) => !isPositive(one) && !isCalled(one))),
    },
  ];
}

async function demoCell({ cell, score }: ScoredTestCell, call: string): Promise<DemoCell> {
  const image = await readImage(cell.path);
  const overlays = Object.entries(mapsToShow(score)).map(async ([name, map]) => {
    const { low, high } = rangeOf(map);
    const caption = `${layerName(name)}: ${low.toFixed(2)} to ${high.toFixed(2)}`;
    return { caption, source: dataUrl(await encodePng(overlayAttention(image, map))) };
  });
  const hardCase = cell.columns.hard_case;
  return {
    name: cell.file,
    label: cell.label ?? "",
    call,
    probability: score.probability,
    pictures: [{ caption: "cell", source: dataUrl(await encodePng(image)) }, ...(await Promise.all(overlays))],
    remark: hardCase === undefined || hardCase === "none" || hardCase === "" ? null : hardCase,
  };
}

function layerName(output: string): string {
  return output.replace("attention_", "layer ");
}

function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}
