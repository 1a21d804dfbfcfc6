import type { StoredCurve } from "../../evaluation/curves.ts";
import type { Interval } from "../../evaluation/intervals.ts";
import { type Html, html } from "../html.ts";
import { formatMetric, formatWithInterval } from "../numbers.ts";
import { drawing, linePath, plotFrame } from "./axes.ts";

/** A threshold's place on a curve. */
export interface MarkedPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

const [WIDTH, HEIGHT] = [440, 420];

/** ROC curve with its area, the diagonal of chance, and marked thresholds (the first filled, others hollow). */
export function rocChart(
  curve: StoredCurve,
  area: { readonly value: number | null; readonly interval: Interval | null },
  points: readonly MarkedPoint[],
): Html {
  const frame = plotFrame(
    { domain: [0, 1], label: "False positive rate (1 − specificity)" },
    { domain: [0, 1], label: "True positive rate (sensitivity)" },
    { width: WIDTH, top: 12, bottom: HEIGHT - 48 },
  );
  const { x, y } = frame;
  const line = linePath(curve.x.map((value, index) => [x(value), y(curve.y[index] as number)]));
  return drawing(
    WIDTH,
    HEIGHT,
    `ROC curve, area ${formatMetric(area.value)}`,
    frame.axes,
    html`<path class="reference" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>
<path class="line negative" d="${line}"/>
`,
    markedPoints(points, x, y),
    curveLegend(`AUC ${formatWithInterval(area.value, area.interval)}`, points, x(0.98), y(0.06)),
  );
}

/** Thresholds on a curve: the first filled, others hollow. */
export function markedPoints(
  points: readonly MarkedPoint[],
  x: (value: number) => number,
  y: (value: number) => number,
): Html {
  const drawn = points.map(
    (
      point,
      index,
    ) => html`<circle class="${index === 0 ? "fill-positive" : "positive hollow"}" cx="${x(point.x)}" cy="${y(point.y)}" r="5.5"><title>${point.label}</title></circle>
`,
  );
  return html`${drawn}`;
}

/** Lines of text that end at `right`, the last on `bottom`: the area, then the marked thresholds. */
export function curveLegend(heading: string, points: readonly MarkedPoint[], right: number, bottom: number): Html {
  const lineHeight = 20;
  const first = bottom - points.length * lineHeight;
  const entries = points.map(
    (
      point,
      index,
    ) => html`<text class="halo" x="${right}" y="${first + (index + 1) * lineHeight}" text-anchor="end"><tspan class="fill-positive">${
      index === 0 ? "●" : "○"
    }</tspan> ${point.label}</text>
`,
  );
  return html`<text class="halo strong" x="${right}" y="${first}" text-anchor="end">${heading}</text>
${entries}`;
}
