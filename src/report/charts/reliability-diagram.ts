import type { ReliabilityBinWithInterval } from "../../evaluation/evaluation.ts";
import { type Html, html } from "../html.ts";
import { formatCount, formatMetric, formatWithInterval } from "../numbers.ts";
import { drawing, linePath, plotFrame } from "./axes.ts";

const [WIDTH, HEIGHT] = [440, 420];
const [SMALLEST_RADIUS, LARGEST_RADIUS] = [3, 9];

/**
 * Observed share of positives over mean probability, a dot for each bin with its 95 % interval; the area of a dot grows
 * with its number of cells. A calibrated score lies on the diagonal.
 */
export function reliabilityDiagram(bins: readonly ReliabilityBinWithInterval[]): Html {
  const frame = plotFrame(
    { domain: [0, 1], label: "Mean predicted probability" },
    { domain: [0, 1], label: "Observed share of positives" },
    { width: WIDTH, top: 12, bottom: HEIGHT - 48 },
  );
  const { x, y } = frame;
  const most = Math.max(...bins.map(({ cells }) => cells));
  const whiskers = bins.map(
    ({ meanProbability, observed_ci95: interval }) =>
      interval !== null &&
      html`<path class="whisker negative" d="M${x(meanProbability)} ${y(interval[0])}V${y(interval[1])}"/>
`,
  );
  const dots = bins.map((bin) => {
    const radius = Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(bin.cells / most));
    const told =
      `${formatCount(bin.cells)} cells with probability ${formatMetric(bin.lower)} to ${formatMetric(bin.upper)}, ` +
      `mean ${formatMetric(bin.meanProbability)}: observed ${formatWithInterval(bin.observed, bin.observed_ci95)}`;
    return html`<circle class="fill-negative" cx="${x(bin.meanProbability)}" cy="${y(bin.observed)}" r="${radius}"><title>${told}</title></circle>
`;
  });
  const line = linePath(bins.map(({ meanProbability, observed }) => [x(meanProbability), y(observed)]));
  return drawing(
    WIDTH,
    HEIGHT,
    "Reliability diagram: observed share of positives over predicted probability",
    frame.axes,
    html`<path class="reference" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>
<path class="line negative" style="stroke-width:1.2" d="${line}"/>
${whiskers}${dots}`,
  );
}
