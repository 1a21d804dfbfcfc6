import type { ScoreHistogram } from "../../evaluation/curves.ts";
import { type Html, html } from "../html.ts";
import { formatCount, formatSignificant } from "../numbers.ts";
import { domainFromZero, drawing, type Frame, plotFrame } from "./axes.ts";

const [WIDTH, HEIGHT] = [440, 420];
const MIDDLE = 200;

/**
 * Scores of the positive and of the negative cells, one above the other, each on its own count axis: with 5 %
 * positives a shared axis would hide them. The threshold goes through both.
 */
export function scoreHistogram(
  histogram: ScoreHistogram,
  threshold: number,
  names: { readonly positive: string; readonly negative: string },
): Html {
  const [low, high] = [histogram.edges[0] ?? 0, histogram.edges.at(-1) ?? 1];
  const panel = (counts: readonly number[], top: number, bottom: number, hideX: boolean): Frame =>
    plotFrame(
      { domain: [low, high], label: "Score" },
      { domain: domainFromZero(counts), label: "Cells", format: formatCount, whole: true },
      { width: WIDTH, top, bottom, hideX },
    );
  const upper = panel(histogram.positives, 30, MIDDLE - 10, true);
  const lower = panel(histogram.negatives, MIDDLE + 30, HEIGHT - 48, false);
  const position = upper.x(Math.min(high, Math.max(low, threshold)));
  return drawing(
    WIDTH,
    HEIGHT,
    `Histogram of the scores of ${names.positive} and ${names.negative} cells`,
    upper.axes,
    bars(histogram.edges, histogram.positives, upper, "fill-positive"),
    title(names.positive, histogram.positives, upper),
    lower.axes,
    bars(histogram.edges, histogram.negatives, lower, "fill-negative"),
    title(names.negative, histogram.negatives, lower),
    html`<path class="reference" style="stroke:var(--text)" d="M${position} ${upper.top}V${upper.bottom}M${position} ${lower.top}V${lower.bottom}"><title>threshold ${formatSignificant(threshold)}</title></path>
`,
  );
}

function bars(edges: readonly number[], counts: readonly number[], { x, y, bottom }: Frame, fill: string): Html {
  const drawn = counts.map((count, bin) => {
    if (count === 0) return null;
    const [from, to] = [edges[bin] as number, edges[bin + 1] as number];
    const range = `${formatSignificant(from)} to ${formatSignificant(to)}`;
    return html`<rect class="${fill}" x="${x(from) + 0.5}" y="${y(count)}" width="${x(to) - x(from) - 1}" height="${bottom - y(count)}"><title>${range}: ${formatCount(count)} cells</title></rect>
`;
  });
  return html`<g>${drawn}</g>`;
}

function title(name: string, counts: readonly number[], { left, top }: Frame): Html {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return html`<text class="strong" x="${left}" y="${top - 10}">${name}: ${formatCount(total)} cells</text>
`;
}
