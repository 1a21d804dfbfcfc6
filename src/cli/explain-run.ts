import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { RandomStream } from "../core/random.ts";
import { selectDevice } from "../engine/devices.ts";
import { MODEL_IN_THE_BOX, type ModelFile, readModel } from "../scoring/model.ts";
import { csvHeader, csvLine, keptNames, type ScoreRow } from "../scoring/score-format.ts";
import type { Console } from "./console.ts";
import type { ExplainOptions } from "./explain.ts";
import { type ExplainCellsRequest, type ExplainedCells, explainCells, measureModel } from "./explain-cells.ts";
import type { LayerLocalisation, LocalisationResult } from "./explain-localisation.ts";
import { type MaskFinder, openMasks } from "./explain-masks.ts";
import { explanationDocument } from "./explain-page.ts";
import { openCellSource } from "./score-source.ts";
import { versionOfPackage } from "./version.ts";

/** Up to so many cells are in the gallery's own file, which can then be sent around; more are beside it, opened as needed. */
const EMBEDDED_CELLS = 200;

export interface ExplanationSummary {
  readonly cells: number;
  readonly failed: number;
  readonly positive: number;
  readonly wrong: number;
  readonly gallery: string;
  readonly table: string;
  readonly model: string;
  readonly modelSha256: string;
  readonly threshold: number;
  readonly localisation: LocalisationResult | null;
  readonly seconds: number;
  readonly version: string;
}

/** Explains every cell of the sources: files, gallery, and with masks the localisation. */
export async function runExplain(paths: readonly string[], options: ExplainOptions, console: Console): Promise<void> {
  const started = performance.now();
  const [modelPath, images] = modelAndImages(paths);
  if (options.randomise && options.masks === undefined) {
    throw new UsageError("RANDOMISE_NEEDS_MASKS", "--randomise compares localisation, so give --masks too.");
  }
  const model = await readModel(modelPath);
  const { classes, operating_point } = model.metadata;
  const rule = { classes, threshold: options.threshold ?? operating_point.threshold };
  const { device } = await selectDevice(options.device, console.message, { portable: true });
  const source = await openCellSource(images, classes);
  const masks = options.masks === undefined ? null : await openMasks(options.masks, source);
  const request: ExplainCellsRequest = {
    ...{ model, rule, source, masks, out: options.out },
    scoring: { session: { device, threads: options.threads ?? 0 } },
    range: options.scale === "full" ? { low: 0, high: 1 } : null,
    embed: source.total <= EMBEDDED_CELLS,
    reportProgress: console.progress,
  };
  const explained = await explainCells(request);
  const localisation = masks === null ? null : await localise(request, model, masks, explained, options);
  await writeResults({ ...request, model, sources: images }, explained, localisation);
  const summary: ExplanationSummary = {
    cells: source.total,
    failed: explained.failures.length,
    positive: explained.cells.filter(({ calledPositive }) => calledPositive).length,
    wrong: explained.cells.filter(({ callIsWrong }) => callIsWrong === true).length,
    gallery: join(options.out, FILES.gallery),
    table: join(options.out, FILES.table),
    model: modelPath,
    modelSha256: model.sha256,
    threshold: rule.threshold,
    localisation,
    seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
    version: versionOfPackage(),
  };
  console.result(summary, describe(summary));
}

const FILES = { gallery: "index.html", table: "explanations.csv", localisation: "localisation.json" };

function modelAndImages(paths: readonly string[]): [model: string, images: readonly string[]] {
  const [first = "", ...rest] = paths;
  if (!first.toLowerCase().endsWith(".onnx")) return [MODEL_IN_THE_BOX, paths];
  if (rest.length > 0) return [first, rest];
  throw new UsageError("NOTHING_TO_EXPLAIN", `Name images, folders or manifests after the model ${first}.`);
}

async function localise(
  request: ExplainCellsRequest,
  model: ModelFile,
  masks: MaskFinder,
  { localisation, masks: outcome }: ExplainedCells,
  { masks: name = "", seed, randomise }: ExplainOptions,
): Promise<LocalisationResult> {
  const stream = new RandomStream(seed);
  const measureRandomised = async () => {
    const { randomisedModel } = await import("./explain-randomise.ts");
    const bytes = randomisedModel(model.metadata, seed);
    const collected = await measureModel({ bytes }, outcome.marked, masks, request);
    return { seed, layers: collected.summarise(stream.fork("randomised")) };
  };
  return {
    masks: name,
    cells: localisation.cells,
    emptyMasks: outcome.empty,
    missingMasks: outcome.missing,
    unreadableMasks: outcome.unreadable.length,
    layers: localisation.summarise(stream),
    randomised: randomise ? await measureRandomised() : null,
  };
}

async function writeResults(
  request: ExplainCellsRequest & { readonly model: ModelFile; readonly sources: readonly string[] },
  explained: ExplainedCells,
  localisation: LocalisationResult | null,
): Promise<void> {
  const write = (name: string, content: string) => writeFileAtomically(join(request.out, name), content);
  await write(FILES.table, tableOf(explained.rows));
  if (localisation !== null) await write(FILES.localisation, `${JSON.stringify(localisation, null, 2)}\n`);
  await write(FILES.gallery, explanationDocument(request, explained, localisation));
}

function tableOf(rows: readonly ScoreRow[]): string {
  const kept = [...new Set(rows.flatMap(keptNames))];
  return csvHeader(kept) + rows.map((row) => csvLine(row, kept)).join("");
}

function describe({ cells, failed, positive, threshold, gallery, localisation, seconds }: ExplanationSummary): string {
  const unreadable = failed === 0 ? "" : ` ${failed} could not be read; the gallery names them.`;
  const lines = [
    `${cells} cells in ${seconds} s. Called positive from ${threshold.toFixed(3)} on: ${positive}.${unreadable}`,
    ...(localisation === null ? [] : describeLocalisation(localisation)),
    `Gallery: ${gallery}`,
  ];
  return lines.join("\n");
}

function describeLocalisation({ cells, layers, randomised }: LocalisationResult): string[] {
  const line =
    (network: string) =>
    ([layer, { pointing, energy, iou, chance }]: [string, LayerLocalisation]) =>
      `  ${layer}${network}: pointing ${pointing.toFixed(3)}, energy ${energy.toFixed(3)}, IoU ${iou.toFixed(3)}; chance ${chance.toFixed(3)}`;
  return [
    `Localisation on ${cells} cells with a mask:`,
    ...Object.entries(layers).map(line("")),
    ...Object.entries(randomised?.layers ?? {}).map(line(" with random weights")),
  ];
}
