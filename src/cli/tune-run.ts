import { join } from "node:path";
import { stringify } from "yaml";
import { writeFileAtomically } from "../core/files.ts";
import { RandomStream } from "../core/random.ts";
import { readSettingsFile } from "../core/settings-file.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { selectDevice } from "../engine/devices.ts";
import { describeValues, runTuning, type TuningResult, valueText } from "../experiments/tune.ts";
import { tuningFolds } from "../experiments/tune-folds.ts";
import { gridCandidates, parseTuning, randomCandidates } from "../experiments/tune-plan.ts";
import { tuningTable } from "../experiments/tune-tables.ts";
import { experimentMarkdown, experimentPage } from "../report/experiment-page.ts";
import { tableAsCsv } from "../report/result-tables.ts";
import { type Console, formatTable } from "./console.ts";
import { sayWhatIsLeft } from "./trainings-left.ts";
import type { TuneOptions } from "./tune.ts";
import { versionOfPackage } from "./version.ts";
import { imageNetWeights } from "./weights-imagenet.ts";

/** The folds have a seed of their own, whatever that of the search: all searches on the same data compare on the same folds. */
const FOLD_SEED = 1;

/** Searches, and writes the table after every training; what was left over makes the command fail, with the rest reported. */
export async function runTuneCommand(data: string, options: TuneOptions, console: Console): Promise<void> {
  const { out, device, threads, where, positive, negative, foldBy, random, seed } = options;
  const { value, lineOf } = await readSettingsFile(options.settings);
  const tuning = parseTuning(value, options.settings, lineOf);
  const candidates =
    random === undefined
      ? gridCandidates(tuning)
      : randomCandidates(tuning, random, new RandomStream(seed).fork("random search"));
  const classes = { ...(positive === undefined ? {} : { positive }), ...(negative === undefined ? {} : { negative }) };
  const dataset = await loadDataset(data, { ...classes, where });
  const folds = tuningFolds(dataset, { folds: options.folds, by: foldBy, stream: new RandomStream(FOLD_SEED) });
  console.message(
    `Plan: ${candidates.length} combinations of ${tuning.vary.map(({ path }) => path).join(", ")}, ` +
      `${options.folds === 1 ? "the data's own split" : `${options.folds} folds`}: ${candidates.length * options.folds} trainings.`,
  );
  const session = { ...(await selectDevice(device, console.message)), threads: threads ?? 0 };
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  const result = await runTuning({
    ...{ title: tuning.title, candidates, dataset, folds, foldBy, session },
    search: random === undefined ? { kind: "grid" } : { kind: "random", seed },
    folder: join(out, "runs"),
    version: versionOfPackage(),
    fileOfWeights: imageNetWeights(console),
    reportProgress: console.progress,
    reportResult: async (soFar, trainings) => {
      await writeReport(out, soFar);
      sayWhatIsLeft(trainings, console);
    },
    message: console.message,
    signal: stop.signal,
  });
  process.off("SIGINT", onInterrupt);
  await writeReport(out, result);
  if (result.failed.length + result.left > 0) process.exitCode = 1;
  const best = result.candidates[0]?.rank === 1 ? join(out, BEST) : null;
  console.result({ ...result, report: join(out, "tuning.html"), best }, describe(result, out));
}

const BEST = "best.yaml";

async function writeReport(out: string, result: TuningResult): Promise<void> {
  const table = tuningTable(result);
  const page = {
    title: result.title,
    facts: factsOf(result),
    warnings: warningsOf(result),
    tables: [table],
    charts: [],
    examples: [],
    footer: `micronuclei ${result.version}, data ${result.data.hash}`,
  };
  const [first] = result.candidates;
  const files: [string, string][] = [
    ["tuning.html", experimentPage(page)],
    ["tuning.md", experimentMarkdown(page)],
    ["tuning.csv", tableAsCsv(table)],
    ["tuning.json", `${JSON.stringify(result, null, 2)}\n`],
    ...(first?.rank === 1 ? [[BEST, bestSettings(result, first)] satisfies [string, string]] : []),
  ];
  for (const [name, content] of files) await writeFileAtomically(join(out, name), content);
}

/** For `mn train --settings`. */
function bestSettings({ title, data }: TuningResult, first: TuningResult["candidates"][number]): string {
  const finished = first.aucs.filter((auc) => auc !== null).length;
  return (
    `# ${title}: ${describeValues(first.values)}\n` +
    `# Mean validation AUC ${first.auc?.toFixed(4)} over ${finished} of ${first.aucs.length} folds of ${data.source}.\n` +
    `${stringify(first.settings)}`
  );
}

function factsOf({ data, search, folds, foldBy, device, candidates }: TuningResult): [string, string][] {
  const drawn = search.kind === "grid" ? "all combinations" : `drawn at random with seed ${search.seed}`;
  return [
    ["Data", data.source],
    ["Data hash", data.hash],
    ["Classes", data.classes.join(", ")],
    ["Cells", `${data.cells} in the search, ${data.heldBack} of the split "test" kept back`],
    ["Combinations", `${candidates.length}, ${drawn}`],
    ["Folds", folds === 1 ? "1: the data's own split" : `${folds}, by ${foldBy}`],
    ["Device", device],
  ];
}

function warningsOf({ failed, left, data }: TuningResult): string[] {
  return [
    ...failed.map(({ candidate, fold, code, message }) => `${candidate}, fold ${fold} failed (${code}): ${message}`),
    ...(left === 0 ? [] : [`Not finished yet: ${left} trainings. The same command goes on.`]),
    ...(data.heldBack > 0 ? [] : ["No cells were kept back: test the settings that you choose on other data."]),
  ];
}

const SHOWN = 10;

function describe(result: TuningResult, out: string): string {
  const { candidates, varied, failed, left } = result;
  const rows = candidates
    .slice(0, SHOWN)
    .map(({ rank, values, auc, aucSpread }) => [
      rank ?? "-",
      ...varied.map((path) => valueText(values[path])),
      ...[auc, aucSpread].map((number) => number?.toFixed(4) ?? "-"),
    ]);
  const more = candidates.length > SHOWN ? [`... and ${candidates.length - SHOWN} more.`] : [];
  return [
    formatTable([["rank", ...varied, "AUC", "spread"], ...rows]),
    ...more,
    `${failed.length} trainings failed, ${left} are left.`,
    `Table: ${join(out, "tuning.html")}   Best settings: ${join(out, BEST)}`,
  ].join("\n");
}
