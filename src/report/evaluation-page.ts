import type { Evaluation, GroupEvaluation } from "../evaluation/evaluation.ts";
import { CALIBRATION_METRICS, METRIC_NAMES, type Metric, THRESHOLD_METRICS } from "../evaluation/measures.ts";
import { confusionMatrix } from "./charts/confusion-matrix.ts";
import { precisionRecallChart } from "./charts/precision-recall-chart.ts";
import { reliabilityDiagram } from "./charts/reliability-diagram.ts";
import { type MarkedPoint, rocChart } from "./charts/roc-chart.ts";
import { scoreHistogram } from "./charts/score-histogram.ts";
import { valuesWithIntervals } from "./charts/values-with-intervals.ts";
import { type Content, type Html, html } from "./html.ts";
import {
  formatCount,
  formatInterval,
  formatMetric,
  formatPercent,
  formatSignificant,
  formatWithInterval,
} from "./numbers.ts";
import { columns, facts, figure, notes, renderPage, section, table, tiles } from "./page.ts";

/** A report draws at most so many groups; the table holds all. */
const MOST_GROUPS_DRAWN = 60;

export interface ClassNames {
  readonly positive: string;
  readonly negative: string;
}

export interface EvaluationPageRequest {
  readonly title: string;
  readonly evaluation: Evaluation;
  readonly classNames: ClassNames;
  /** What was evaluated: model, data, hashes, settings. */
  readonly facts: readonly (readonly [string, Content])[];
  /** Sentences on what is missing, such as cells without a score; shown first. */
  readonly warnings?: readonly string[];
  readonly footer?: Content;
}

/** The report of `mn evaluate`: every number with its interval, the curves, and how it was measured. */
export function evaluationPage(request: EvaluationPageRequest): string {
  const { title, evaluation, classNames, warnings = [], footer } = request;
  return renderPage({
    title,
    lede: lede(evaluation, classNames),
    sections: [
      notes([...warnings, ...evaluation.notes]),
      keyNumbers(evaluation),
      callsSection(evaluation, classNames),
      rankingSection(evaluation),
      scoresSection(evaluation, classNames),
      groupsSection(evaluation),
      section("What was evaluated", facts(request.facts)),
      section("How it was measured", methods(evaluation, classNames)),
    ],
    footer,
  });
}

/** The parts of the report that other pages show too. */
export function evaluationSections(
  evaluation: Evaluation,
  classNames: ClassNames,
): { keyNumbers: Html; details: Content } {
  return {
    keyNumbers: keyNumbers(evaluation),
    details: [callsSection(evaluation, classNames), rankingSection(evaluation), scoresSection(evaluation, classNames)],
  };
}

function lede({ cells, positives, prevalence, threshold, thresholdSource }: Evaluation, names: ClassNames): string {
  return (
    `${formatCount(cells)} cells, ${formatCount(positives)} of them ${names.positive} (${formatPercent(prevalence)}). ` +
    `A cell is called ${names.positive} when its score is at least ${formatSignificant(threshold)} (${thresholdSource}).`
  );
}

function keyNumbers(evaluation: Evaluation): Html {
  const shown = ["auc", "ap", "f1", "sensitivity", "specificity", "precision"] as const;
  const items = shown.map((metric) => ({
    name: METRIC_NAMES[metric],
    value: formatMetric(evaluation[metric]),
    interval: formatInterval(evaluation[`${metric}_ci95`]),
  }));
  return html`${tiles(items)}<p class="quiet">${intervalSentence(evaluation)}</p>`;
}

/** What the numbers in brackets are, and over what they were drawn. */
function intervalSentence({ intervals, cells }: Evaluation): string {
  if (intervals.resamples === 0) return "No intervals were computed.";
  const drawn =
    intervals.unit === "group"
      ? `whole groups of cells (${formatCount(intervals.units)} groups by ${intervals.groupedBy})`
      : `single cells (${formatCount(cells)}; no group is known)`;
  return `Ranges are 95 % intervals from ${formatCount(intervals.resamples)} bootstrap resamples of ${drawn}.`;
}

function callsSection(evaluation: Evaluation, names: ClassNames): Html {
  const { atHalf, threshold } = evaluation;
  const other = threshold !== 0.5 && [confusionMatrix(atHalf.confusion, names, "At a threshold of 0.5")];
  const heads = [
    { heading: "" },
    { heading: `at ${formatSignificant(threshold)}`, numeric: true },
    ...(threshold === 0.5 ? [] : [{ heading: "at 0.5", numeric: true }]),
  ];
  const rows = THRESHOLD_METRICS.map((metric) => [
    METRIC_NAMES[metric],
    valueOrReason(evaluation, metric),
    ...(threshold === 0.5 ? [] : [valueOrReason(atHalf, metric)]),
  ]);
  return section(
    "Calls",
    columns(
      [confusionMatrix(evaluation.confusion, names, `At a threshold of ${formatSignificant(threshold)}`), other],
      table({ columns: heads, rows }),
    ),
    html`<p class="quiet">Rows of a matrix are labels, columns calls; percentages are of the row.</p>`,
  );
}

function rankingSection({ curves, prevalence, ...evaluation }: Evaluation): Html {
  const { roc, precisionRecall } = curves;
  if (roc === null || precisionRecall === null) {
    return section("Ranking", html`<p>Undefined: ${evaluation.undefinedBecause.auc ?? "no positive cell"}.</p>`);
  }
  const area = { value: evaluation.auc, interval: evaluation.auc_ci95 };
  const average = { value: evaluation.ap, interval: evaluation.ap_ci95 };
  const marked = [evaluation, ...(evaluation.threshold === 0.5 ? [] : [evaluation.atHalf])];
  const onRoc = marked.map(
    ({ specificity, sensitivity, threshold }): MarkedPoint => ({
      x: 1 - (specificity ?? 0),
      y: sensitivity ?? 0,
      label: `threshold ${formatSignificant(threshold)}`,
    }),
  );
  const onCurve = marked.flatMap(({ sensitivity, precision, threshold }): MarkedPoint[] =>
    precision === null
      ? []
      : [{ x: sensitivity ?? 0, y: precision, label: `threshold ${formatSignificant(threshold)}` }],
  );
  return section(
    "Ranking",
    columns(
      figure(rocChart(roc, area, onRoc), "ROC curve. The dashed diagonal is chance."),
      figure(
        precisionRecallChart(precisionRecall, average, prevalence, onCurve),
        `Precision and recall. The dashed line is chance: the share of positives, ${formatPercent(prevalence)}.`,
      ),
    ),
  );
}

function scoresSection(evaluation: Evaluation, names: ClassNames): Html {
  const { curves, threshold, reliability } = evaluation;
  const histogram = figure(
    scoreHistogram(curves.histogram, threshold, names),
    `Scores by label, each on its own axis of counts. The dashed line is the threshold, ${formatSignificant(threshold)}.`,
  );
  if (reliability === null) {
    return section(
      "Scores",
      columns(histogram, html`<p>Calibration is undefined: the scores are not probabilities.</p>`),
    );
  }
  const rows = CALIBRATION_METRICS.map((metric) => [METRIC_NAMES[metric], valueOrReason(evaluation, metric)]);
  return section(
    "Scores and calibration",
    columns(
      histogram,
      figure(
        reliabilityDiagram(reliability.equalWidth),
        "Reliability in bins of width 0.1 with 95 % intervals. On the dashed line, a probability means what it says; larger dots hold more cells.",
      ),
    ),
    table({ columns: [{ heading: "" }, { heading: "value (95 % interval)", numeric: true }], rows }),
  );
}

function groupsSection({ groups, intervals, threshold }: Evaluation): Html | null {
  if (groups.length === 0) return null;
  const name = intervals.groupedBy ?? "group";
  const drawn = groups.filter(({ auc }) => auc !== null).slice(0, MOST_GROUPS_DRAWN);
  const chart =
    drawn.length > 1 &&
    html`<div class="wide">${figure(
      valuesWithIntervals(
        drawn.map(({ group, auc, auc_ci95 }) => ({ name: group, value: auc, interval: auc_ci95 })),
        "AUC",
      ),
      `AUC within each ${name} that holds both classes (${drawn.length} of ${groups.length} drawn), intervals over its cells. Without one: a class has too few cells.`,
    )}</div>`;
  const heads = [name, "cells", "positive", "AUC", "sensitivity", "specificity", "precision", "F1"].map(
    (heading, column) => ({ heading, numeric: column > 0 }),
  );
  const rows = table({
    caption: `At a threshold of ${formatSignificant(threshold)}, 95 % intervals over the cells of the ${name}. A dash is undefined: a class is missing, or nothing was called positive.`,
    columns: heads,
    rows: groups.map(groupRow),
  });
  return section(`By ${name}`, chart, rows);
}

function groupRow(group: GroupEvaluation): Content[] {
  return [
    group.group,
    formatCount(group.cells),
    formatCount(group.positives),
    ...(["auc", "sensitivity", "specificity", "precision", "f1"] as const).map((metric) =>
      formatWithInterval(group[metric], group[`${metric}_ci95`]),
    ),
  ];
}

function methods(evaluation: Evaluation, { positive }: ClassNames): Html {
  const missing = Object.entries(evaluation.undefinedBecause).map(
    ([name, reason]) => html`<p>${describeName(name)}: undefined, ${reason}.</p>`,
  );
  return html`<p>${intervalSentence(evaluation)} Each resample draws as many units as there are, with replacement, without
regard to class; the interval runs from the 2.5th to the 97.5th percentile. “No spread” means that every resample gave the
same value, which is a limit of the bootstrap and not certainty.</p>
<p>AUC is the probability that a ${positive} cell scores above another, a tie counting half; DeLong's standard error, cells taken
as independent, is ${formatMetric(evaluation.aucStandardErrorDelong)}. Average precision is the step sum of precision over
recall. F1 is 2 TP / (2 TP + FP + FN). Precision, negative predictive value, F1 and average precision hold at this share of
positives (${formatPercent(evaluation.prevalence)}) and change with it.</p>
<p>Expected calibration error is the mean distance between probability and observed share over ten bins of equal width.</p>
${missing}`;
}

function describeName(name: string): string {
  const [metric = "", ofInterval] = name.split("_ci95");
  const known = METRIC_NAMES[metric as Metric] ?? metric;
  return ofInterval === undefined ? known : `Interval of ${known}`;
}

/** "0.811 (0.763–0.852)", or why there is no value. */
function valueOrReason(
  measured: Pick<Evaluation, "undefinedBecause"> & Partial<Evaluation>,
  metric: Exclude<Metric, "auc" | "ap">,
): Content {
  const value = measured[metric] ?? null;
  if (value !== null) return formatWithInterval(value, measured[`${metric}_ci95`] ?? null);
  return html`<span class="quiet">undefined: ${measured.undefinedBecause[metric] ?? "not measured"}</span>`;
}
