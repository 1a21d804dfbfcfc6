import { type HistoryRow, type TrainingCurve, trainingCurves } from "./charts/training-curves.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatCount, formatMetric, formatSignificant } from "./numbers.ts";
import { columns, facts, figure, notes, renderPage, section, table, tiles } from "./page.ts";

/** How often a browser reads the page again while the training runs. */
const REFRESH_SECONDS = 15;

export interface TrainingPageRequest {
  readonly title: string;
  /** The epochs that are done, in order. */
  readonly history: readonly HistoryRow[];
  readonly totalEpochs: number;
  /** The epoch whose weights are kept, or null before the first. */
  readonly keptEpoch: number | null;
  /** Why that epoch, in words: "highest validation AUC". */
  readonly keptBecause: string;
  /** A training under way: the page reloads itself. */
  readonly running: boolean;
  /** Network, data, seed, device, settings. */
  readonly facts: readonly (readonly [string, Content])[];
  readonly notes?: readonly string[];
  readonly footer?: Content;
}

/** The page of a training, written again after each epoch: the curves, the kept epoch, every row of the history. */
export function trainingPage(request: TrainingPageRequest): string {
  const { title, history, running, footer } = request;
  return renderPage({
    title,
    lede: lede(request),
    sections: [
      notes(request.notes ?? []),
      keyNumbers(request),
      history.length > 0 && curvesSection(request),
      history.length > 0 && tableSection(request),
      section("Settings", facts(request.facts)),
    ],
    footer,
    refreshSeconds: running ? REFRESH_SECONDS : undefined,
  });
}

function lede({ history, totalEpochs, keptEpoch, keptBecause, running }: TrainingPageRequest): string {
  const done = history.at(-1)?.epoch ?? 0;
  const state = running
    ? `Running: ${done} of ${totalEpochs} epochs done. This page reloads every ${REFRESH_SECONDS} seconds.`
    : `${done < totalEpochs ? `Stopped after ${done} of ${totalEpochs}` : `Finished: ${done}`} epochs.`;
  return keptEpoch === null ? state : `${state} The weights of epoch ${keptEpoch} are kept (${keptBecause}).`;
}

function keyNumbers({ history, keptEpoch }: TrainingPageRequest): Html | null {
  const kept = history.find(({ epoch }) => epoch === keptEpoch);
  if (kept === undefined) return null;
  const lasting = history.flatMap((row) => row.imagesPerSecond ?? []);
  const median = lasting.toSorted((a, b) => a - b)[Math.floor(lasting.length / 2)];
  return tiles([
    { name: "Validation AUC, kept epoch", value: formatMetric(kept.validationAuc), interval: `epoch ${kept.epoch}` },
    { name: "Validation loss, kept epoch", value: formatSignificant(kept.validationLoss), interval: "" },
    { name: "Training loss, kept epoch", value: formatSignificant(kept.trainLoss), interval: "" },
    {
      name: "Images per second",
      value: median === undefined ? "–" : formatCount(median),
      interval: "median of the epochs",
    },
  ]);
}

type CurvesRequest = Pick<TrainingPageRequest, "history" | "totalEpochs" | "keptEpoch">;

function curvesSection(request: CurvesRequest): Html {
  const chart = chartOf(request);
  return section(
    "Curves",
    columns(
      ...learningCharts(request),
      figure(
        chart("Learning rate", "logarithmic", { quantity: "learningRate", name: "learning rate", colour: "third" }),
        "Learning rate, on a logarithmic axis.",
      ),
      figure(
        chart("Images per second", "from zero", {
          quantity: "imagesPerSecond",
          name: "images per second",
          colour: "third",
        }),
        "Speed of training, decoding and augmentation included.",
      ),
    ),
  );
}

/** What was learned by epoch: the losses, and the validation AUC. */
export function learningCharts(request: CurvesRequest): [loss: Html, auc: Html] {
  const chart = chartOf(request);
  const mark = request.keptEpoch === null ? "" : ` The dashed line is the kept epoch, ${request.keptEpoch}.`;
  return [
    figure(
      chart(
        "Loss",
        "from zero",
        { quantity: "trainLoss", name: "training", colour: "negative" },
        { quantity: "validationLoss", name: "validation", colour: "positive", dashed: true },
      ),
      `Loss on the training and the validation cells; the numbers are the latest.${mark}`,
    ),
    figure(
      chart("Validation AUC", "around values", {
        quantity: "validationAuc",
        name: "validation AUC",
        colour: "positive",
      }),
      "Area under the ROC curve on the validation cells. The axis does not start at 0.",
    ),
  ];
}

function chartOf({ history, totalEpochs, keptEpoch }: CurvesRequest) {
  return (label: string, scale: "from zero" | "around values" | "logarithmic", ...curves: TrainingCurve[]) =>
    trainingCurves({ history, curves, label, totalEpochs, keptEpoch, scale });
}

function tableSection({ history, keptEpoch }: TrainingPageRequest): Html {
  const heads = ["epoch", "training loss", "validation loss", "validation AUC", "learning rate", "images/s"];
  const marked = history.findIndex(({ epoch }) => epoch === keptEpoch);
  return section(
    "Epochs",
    table({
      caption: keptEpoch === null ? undefined : html`The kept epoch is set apart.`,
      columns: heads.map((heading) => ({ heading, numeric: true })),
      rows: history.map((row) => [
        formatCount(row.epoch),
        formatLoss(row.trainLoss),
        formatLoss(row.validationLoss),
        row.validationAuc === null ? "–" : row.validationAuc.toFixed(4),
        formatSignificant(row.learningRate),
        row.imagesPerSecond === null ? "–" : row.imagesPerSecond.toFixed(1),
      ]),
      markedRow: marked === -1 ? undefined : marked,
    }),
  );
}

/** Four decimals, so that a column of losses can be compared down the page. */
function formatLoss(loss: number | null): string {
  return loss === null ? "–" : loss.toFixed(4);
}
