import type { ResultTable, TableColumn, TableValue } from "../core/result-table.ts";
import type { PaperTableRow } from "../dataset/balance.ts";
import type { EntryResult, ExperimentResult, HeadlineMetric, OverSeeds } from "./experiment-result.ts";

const text = (heading: string): TableColumn => ({ heading, kind: "text" });
const count = (heading: string): TableColumn => ({ heading, kind: "count" });
const metric = (heading: string): TableColumn => ({ heading, kind: "metric" });
const number = (heading: string): TableColumn => ({ heading, kind: "number" });

const NAMES: Readonly<Record<HeadlineMetric, string>> = {
  auc: "AUC",
  ap: "AP",
  f1: "F1",
  sensitivity: "Sensitivity",
  specificity: "Specificity",
};
const SPLIT_NAMES = { train: "Training", val: "Validation", test: "Test" } as const;

/** The paper's tables 1 to 6 of an experiment, and those that a reader needs beside them; tables without a row are left out. */
export function paperTables(result: ExperimentResult): ResultTable[] {
  const entry = (name: string | null) => result.entries.find((candidate) => candidate.name === name);
  const [tvad, tad] = [entry(result.proposed), entry(result.tad)];
  return [
    numbersOfImages(
      "table-1",
      "Table 1. Images in TAD: training set augmented and balanced",
      result.numbersOfImages.tad,
    ),
    numbersOfImages("table-2", "Table 2. Images in TVAD: also the validation set", result.numbersOfImages.tvad),
    metricsOfBoth(result, [tad, tvad]),
    confusionOf("table-4", "Table 4. Confusion matrix of the proposed network on TAD", tad),
    confusionOf("table-5", "Table 5. Confusion matrix of the proposed network on TVAD", tvad),
    comparedNetworks(result),
    pairedComparisons(result),
    costs(result),
    groups(result, tvad),
    localisation(result),
    everyRun(result),
  ].filter(({ rows }) => rows.length > 0);
}

function numbersOfImages(id: string, title: string, rows: readonly PaperTableRow[]): ResultTable {
  return {
    ...{ id, title },
    caption: "Counted from the manifest and the plan of the training; the test set is never touched.",
    columns: [text("Set"), ...["positive before", "negative before", "positive after", "negative after"].map(count)],
    rows: rows.map(({ split, before, after }) => [
      SPLIT_NAMES[split],
      ...[before.positive, before.negative, after.positive, after.negative],
    ]),
  };
}

function metricsOfBoth(result: ExperimentResult, [tad, tvad]: readonly (EntryResult | undefined)[]): ResultTable {
  const row = (name: string, entry: EntryResult | undefined): TableValue[][] =>
    entry === undefined ? [] : [[name, ...(["ap", "f1", "auc"] as const).map((key) => meanOf(entry.metrics[key]))]];
  return {
    id: "table-3",
    title: "Table 3. The proposed network on TAD and TVAD",
    caption: `${measuredOn(result)} ${INTERVALS}`,
    columns: [text("Data"), metric("AP"), metric("F1"), metric("AUC")],
    rows: [...row("TAD", tad), ...row("TVAD", tvad)],
  };
}

function confusionOf(id: string, title: string, entry: EntryResult | undefined): ResultTable {
  const run = entry?.runs[0];
  const { tp = 0, fn = 0, fp = 0, tn = 0 } = run?.confusion ?? {};
  return {
    ...{ id, title },
    caption: `Seed ${run?.seed}, calls at ${run?.threshold.toPrecision(3)}, the threshold of the highest F1 on the validation cells.`,
    columns: [text("Label"), count("called positive"), count("called negative")],
    rows:
      run === undefined
        ? []
        : [
            ["positive", tp, fn],
            ["negative", fp, tn],
          ],
  };
}

function comparedNetworks(result: ExperimentResult): ResultTable {
  const keys = ["auc", "ap", "f1", "sensitivity", "specificity"] as const;
  const withSpread = result.entries.some(({ runs }) => runs.length > 1);
  const spread = <Column>(column: Column): Column[] => (withSpread ? [column] : []);
  return {
    id: "table-6",
    title: "Table 6. Compared networks",
    caption: [
      measuredOn(result),
      ...spread(`Mean over the seeds and its spread (standard deviation). ${OF_THESE_SEEDS}`),
      INTERVALS,
    ].join(" "),
    columns: [
      text("Entry"),
      text("Network"),
      count("Seeds"),
      count("Epochs"),
      ...keys.flatMap((key) => [metric(NAMES[key]), ...spread(metric(`${NAMES[key]} spread`))]),
      text("Started from"),
      text("Note"),
    ],
    rows: result.entries.map((entry) => [
      entry.name,
      entry.network,
      entry.runs.length,
      entry.runs[0]?.epochs ?? null,
      ...keys.flatMap((key) => [meanOf(entry.metrics[key]), ...spread(entry.metrics[key].standardDeviation)]),
      entry.startedFrom ?? "random weights",
      entry.note ?? "",
    ]),
  };
}

function pairedComparisons({ entries, proposed, resamples }: ExperimentResult): ResultTable {
  const compared = entries.flatMap(({ name, comparison }) => (comparison === null ? [] : [{ name, comparison }]));
  const withSpread = compared.some(({ comparison }) => comparison.seeds > 1);
  const spread = <Column>(column: Column): Column[] => (withSpread ? [column] : []);
  return {
    id: "comparisons",
    title: "Each entry against another",
    caption: [
      `Same test cells; the entry minus the one that it is compared with: ${proposed}, or another where that would not compare like with like.`,
      ...spread(
        `Mean of the differences over the seeds that both have, and the spread (standard deviation) of that in AUC. ${OF_THESE_SEEDS}`,
      ),
      `Intervals: ${resamples} bootstrap resamples of whole fields where known, not adjusted. p values: DeLong for AUC, exact McNemar for calls,`,
      "first seed, both adjusted by Holm over all rows; they take cells as independent, so with several cells a field they are too small.",
    ].join(" "),
    columns: [
      text("Entry"),
      text("Compared with"),
      count("Seeds"),
      metric("AUC difference"),
      ...spread(metric("AUC difference spread")),
      ...["AP difference", "F1 difference"].map(metric),
      ...["DeLong p", "DeLong p (Holm)", "McNemar p", "McNemar p (Holm)"].map(metric),
    ],
    rows: compared.map(({ name, comparison: { comparedWith, seeds, auc, ap, f1, ...tests } }) => [
      ...[name, comparedWith, seeds],
      meanOf(auc),
      ...spread(auc.standardDeviation),
      ...[ap, f1].map(meanOf),
      ...[tests.delongP, tests.delongHolmP, tests.mcnemarP, tests.mcnemarHolmP],
    ]),
  };
}

function costs({ entries, device }: ExperimentResult): ResultTable {
  return {
    id: "costs",
    title: "What each network costs",
    caption:
      "Parameters, operations (multiplications with additions) and memory (float32 intermediate results of one cell's forward pass) are " +
      `counted on the graph; seconds are medians over epochs, milliseconds the median for one cell by itself, on the device "${device}".`,
    columns: [
      ...[text("Entry"), count("Pixels a side"), count("Parameters"), number("Million operations")],
      ...["Activations MB", "Model MB", "Seconds an epoch", "Training s", "Milliseconds a cell"].map(number),
    ],
    rows: entries.map((entry) => [
      entry.name,
      entry.side,
      entry.parameters,
      entry.multiplyAdds / 1e6,
      entry.activationMegabytes,
      entry.modelMegabytes,
      entry.runs[0]?.secondsPerEpoch ?? null,
      entry.runs.reduce((sum, { trainingSeconds }) => sum + trainingSeconds, 0),
      entry.inferenceMilliseconds,
    ]),
  };
}

function groups(result: ExperimentResult, proposed: EntryResult | undefined): ResultTable {
  return {
    id: "groups",
    title: `${result.proposed} in each group`,
    caption: "Test cells of the first seed by the column group; a dash where a group has one class only.",
    columns: [text("Group"), count("Positive"), count("Negative"), metric("AUC"), metric("AP"), metric("F1")],
    rows: (proposed?.groups ?? []).map(({ group, positive, negative, auc, ap, f1 }) => [
      group,
      positive,
      negative,
      auc,
      ap,
      f1,
    ]),
  };
}

function localisation({ entries, randomised, proposed }: ExperimentResult): ResultTable {
  const rowsOf = (name: string, maps: EntryResult["localisation"]) =>
    Object.entries(maps).map(([map, { cells, pointing, energy, iou, chance }]) => [
      ...[name, map, cells, pointing, energy, iou, chance],
    ]);
  return {
    id: "localisation",
    title: "Where the maps point",
    caption:
      "Test cells with a mask of their micronuclei, first seed. Pointing: the peak lies in the mask; energy: share of the map in it; " +
      "IoU: with the places of at least half of the peak. Chance: the share of the image that is marked.",
    columns: [text("Entry"), text("Map"), count("Cells"), ...["Pointing", "Energy", "IoU", "Chance"].map(metric)],
    rows: [
      ...entries.flatMap((entry) => rowsOf(entry.name, entry.localisation)),
      ...rowsOf(`${proposed}, random weights`, randomised?.localisation ?? {}),
    ],
  };
}

function everyRun({ entries }: ExperimentResult): ResultTable {
  return {
    id: "runs",
    title: "Every training",
    caption: "One row a run folder; the checkpoint of the greatest validation AUC is tested once.",
    columns: [
      ...[text("Entry"), count("Seed"), count("Epochs"), count("Kept epoch"), metric("Validation AUC")],
      ...[metric("AUC"), metric("AP"), metric("F1"), number("Threshold"), number("Training s"), text("Folder")],
    ],
    rows: entries.flatMap(({ name, runs }) =>
      runs.map((run) => [
        ...[name, run.seed, run.epochs, run.keptEpoch, run.validationAuc, run.test.auc, run.test.ap, run.test.f1],
        ...[run.threshold, run.trainingSeconds, run.folder],
      ]),
    ),
  };
}

const OF_THESE_SEEDS = "Intervals are of these seeds: what another would give only the spread tells.";

const INTERVALS = "In brackets: 95 % bootstrap interval of the mean, over fields where they are known.";

function measuredOn({ data }: ExperimentResult): string {
  const fields = data.testFields === null ? "" : ` of ${data.testFields} fields`;
  return `${data.testCells} test cells${fields}, ${data.testPositives} of them positive.`;
}

function meanOf({ mean, mean_ci95 }: OverSeeds): TableValue {
  return { value: mean, interval: mean_ci95 };
}
