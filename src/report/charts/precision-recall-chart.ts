import type { StoredCurve } from "../../evaluation/curves.ts";
import type { Interval } from "../../evaluation/intervals.ts";
import { type Html, html } from "../html.ts";
import { formatMetric, formatWithInterval } from "../numbers.ts";
import { drawing, plotFrame } from "./axes.ts";
import { curveLegend, type MarkedPoint, markedPoints } from "./roc-chart.ts";

const [WIDTH, HEIGHT] = [440, 420];

/**
 * Precision over recall as steps, the shape whose area the average precision is, with the prevalence as the level of chance.
 */
export function precisionRecallChart(
  curve: StoredCurve,
  average: { readonly value: number | null; readonly interval: Interval | null },
  prevalence: number,
  points: readonly MarkedPoint[],
): Html {
  const frame = plotFrame(
    { domain: [0, 1], label: "Recall (sensitivity)" },
    { domain: [0, 1], label: "Precision (positive predictive value)" },
    { width: WIDTH, top: 12, bottom: HEIGHT - 48 },
  );
  const { x, y } = frame;
  const steps = curve.x.map((recall, index) => {
    const level = y(curve.y[index] as number).toFixed(1);
    return index === 0 ? `M${x(0).toFixed(1)} ${level}H${x(recall).toFixed(1)}` : `V${level}H${x(recall).toFixed(1)}`;
  });
  // Chance is low where positives are rare: then the legend stands above its line, not on it.
  const legendBottom = Math.min(y(0.06), prevalence < 0.3 ? y(prevalence) - 10 : y(0.06));
  return drawing(
    WIDTH,
    HEIGHT,
    `Precision-recall curve, average precision ${formatMetric(average.value)}`,
    frame.axes,
    html`<path class="reference" d="M${x(0)} ${y(prevalence)}H${x(1)}"/>
<path class="line negative" d="${steps.join("")}"/>
`,
    markedPoints(points, x, y),
    curveLegend(`AP ${formatWithInterval(average.value, average.interval)}`, points, x(0.98), legendBottom),
  );
}
