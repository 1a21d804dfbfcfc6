import { type Html, html } from "../html.ts";
import { formatSignificant } from "../numbers.ts";
import { type Axis, domainFromZero, drawing, linePath, plotFrame, roundTicks } from "./axes.ts";

/** One epoch of a training; null where it was not measured. */
export interface HistoryRow {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number | null;
  readonly validationLoss: number | null;
  readonly validationAuc: number | null;
  readonly learningRate: number | null;
  readonly imagesPerSecond: number | null;
}

export type HistoryQuantity = Exclude<keyof HistoryRow, "epoch">;

export interface TrainingCurve {
  readonly quantity: HistoryQuantity;
  readonly name: string;
  readonly colour: "positive" | "negative" | "third";
  readonly dashed?: boolean;
}

export interface TrainingCurvesRequest {
  readonly history: readonly HistoryRow[];
  readonly curves: readonly TrainingCurve[];
  readonly label: string;
  /** The x axis ends here, so that a training under way shows how far it is. */
  readonly totalEpochs: number;
  /** The epoch whose weights are kept: marked by a line. */
  readonly keptEpoch: number | null;
  readonly scale: "from zero" | "around values" | "logarithmic";
}

const [WIDTH, HEIGHT] = [440, 300];
const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  [..."-0123456789"].map((plain, index) => [plain, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[index] ?? ""]),
);

/** One or two quantities over the epochs, with the kept epoch marked. */
export function trainingCurves(request: TrainingCurvesRequest): Html {
  const { history, curves, keptEpoch, totalEpochs } = request;
  const values = curves.flatMap(({ quantity }) => measured(history, quantity));
  const lastEpoch = Math.max(2, totalEpochs);
  const frame = plotFrame(
    { domain: [1, lastEpoch], label: "Epoch", ticks: epochTicks(lastEpoch) },
    { ...valueAxis(values, request.scale), label: request.label },
    { width: WIDTH, top: 34, bottom: HEIGHT - 46 },
  );
  const drawn = curves.map((curve) => drawCurve(curve, history, frame.x, frame.y));
  const kept =
    keptEpoch !== null &&
    html`<path class="reference" d="M${frame.x(keptEpoch)} ${frame.top}V${frame.bottom}"><title>kept: epoch ${keptEpoch}</title></path>
`;
  const description = `${request.label} over ${history.length} epochs`;
  return drawing(WIDTH, HEIGHT, description, frame.axes, kept, html`${drawn}`, legend(curves, history, frame.left));
}

function drawCurve(
  { quantity, name, colour, dashed = false }: TrainingCurve,
  history: readonly HistoryRow[],
  x: (epoch: number) => number,
  y: (value: number) => number,
): Html {
  const points = history.map((row): [number, number] | null => {
    const value = row[quantity];
    return value === null ? null : [x(row.epoch), y(value)];
  });
  const last = points.findLast((point) => point !== null);
  return html`<path class="line ${colour}${dashed && " dashed"}" d="${linePath(points)}"><title>${name}</title></path>
${
  last !== undefined &&
  last !== null &&
  html`<circle class="fill-${colour}" cx="${last[0]}" cy="${last[1]}" r="3.5"/>
`
}`;
}

/** Above the plot: each curve's stroke, name and latest value. */
function legend(curves: readonly TrainingCurve[], history: readonly HistoryRow[], left: number): Html {
  const entries = curves.map(({ quantity, name, colour, dashed = false }, index) => {
    const start = left + index * 190;
    const latest = measured(history, quantity).at(-1) ?? null;
    return html`<path class="line ${colour}${dashed && " dashed"}" d="M${start} 17H${start + 22}"/>
<text x="${start + 30}" y="21">${name}: ${formatSignificant(latest)}</text>
`;
  });
  return html`${entries}`;
}

function measured(history: readonly HistoryRow[], quantity: HistoryQuantity): number[] {
  return history.flatMap((row) => row[quantity] ?? []);
}

function valueAxis(values: readonly number[], scale: TrainingCurvesRequest["scale"]): Omit<Axis, "label"> {
  if (values.length === 0) return { domain: [0, 1], ticks: [] };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (scale === "logarithmic" && least > 0) {
    // Half a power of ten of room to each side, so that even a constant rate shows a mark and keeps off the frame.
    return { domain: [least / 3.2, most * 3.2], logarithmic: true, format: formatPowerOfTen };
  }
  if (scale !== "around values") return { domain: domainFromZero(values), format: formatSignificant };
  const margin = Math.max((most - least) * 0.08, 0.005);
  return { domain: [least - margin, Math.min(1, most + margin)], format: formatSignificant };
}

/** 10⁻⁴. */
function formatPowerOfTen(value: number): string {
  const exponent = String(Math.round(Math.log10(value)));
  return `10${[...exponent].map((character) => SUPERSCRIPTS[character]).join("")}`;
}

function epochTicks(lastEpoch: number): number[] {
  const round = roundTicks(1, lastEpoch, 6).filter((epoch) => Number.isInteger(epoch));
  return round[0] === 1 ? round : [1, ...round];
}
