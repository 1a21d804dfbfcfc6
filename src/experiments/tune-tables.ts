import type { ResultTable, TableColumn, TableValue } from "../core/result-table.ts";
import { type CandidateResult, type TuningResult, valueText } from "./tune.ts";

const metric = (heading: string): TableColumn => ({ heading, kind: "metric" });
const number = (heading: string): TableColumn => ({ heading, kind: "number" });

/** The table of a search: one row a candidate, in the order of their rank. */
export function tuningTable(result: TuningResult): ResultTable {
  const { candidates, varied, folds } = result;
  const foldNumbers = Array.from({ length: folds }, (_, index) => index + 1);
  return {
    id: "tuning",
    title: "Settings by validation AUC",
    caption: captionOf(result),
    columns: [
      { heading: "Rank", kind: "count" },
      ...varied.map((path) => settingColumn(path, candidates)),
      ...["AUC", "AUC spread", "Behind the first", "Standard error", "AP"].map(metric),
      ...foldNumbers.map((fold) => metric(`AUC fold ${fold}`)),
      ...["Kept epoch", "Training s"].map(number),
      { heading: "Run folders", kind: "text" },
    ],
    rows: candidates.map((candidate) => rowOf(candidate, varied)),
  };
}

function rowOf(candidate: CandidateResult, varied: readonly string[]): TableValue[] {
  const { rank, values, auc, aucSpread, behind, behindError, ap, aucs, keptEpoch, trainingSeconds, id } = candidate;
  const settings = varied.map((path) => {
    const value = values[path];
    return typeof value === "number" ? value : valueText(value);
  });
  return [
    ...[rank, ...settings, auc, aucSpread, behind, behindError, ap],
    ...[...aucs, keptEpoch, trainingSeconds, `${id}…`],
  ];
}

function settingColumn(path: string, candidates: readonly CandidateResult[]): TableColumn {
  const isNumber = candidates.every(({ values }) => typeof values[path] === "number");
  return { heading: path, kind: isNumber ? "number" : "text" };
}

function captionOf({ folds, foldBy, data }: TuningResult): string {
  const cells =
    folds === 1
      ? "the data's own validation cells"
      : `${folds} folds of ${data.cells} cells, ${foldBy === "auto" ? "donors, slides or fields" : `by ${foldBy}, groups`} kept whole where known`;
  return (
    `ROC area on ${cells}, at their natural distribution; means over the folds, and their spread (standard deviation). Behind the first: ` +
    "mean difference by fold with its standard error; settings within one or two of it cannot be told apart. The same cells chose the " +
    "epoch and now the settings, so the first AUC is on the bright side."
  );
}
