import type { Interval } from "../../evaluation/intervals.ts";
import { type Html, html } from "../html.ts";
import { formatWithInterval } from "../numbers.ts";
import { drawing, plotFrame, roundTicks } from "./axes.ts";

export interface NamedValue {
  readonly name: string;
  /** At most 1; null is written, not drawn. */
  readonly value: number | null;
  readonly interval: Interval | null;
}

const WIDTH = 660;
const [ROW, TOP, NAME_WIDTH, VALUE_WIDTH, LONGEST_NAME] = [22, 8, 210, 150, 27];

/**
 * A metric of several groups or networks, one row each: a dot, its 95 % interval and the number. Dots, not bars: the axis
 * ends at 1 and starts just below the lowest interval, so that 0.97 and 0.99 can be told apart.
 */
export function valuesWithIntervals(rows: readonly NamedValue[], label: string): Html {
  const bottom = TOP + rows.length * ROW;
  const frame = plotFrame(
    { domain: [lowestOf(rows), 1], label },
    { domain: [0, 1], label: "", ticks: [] },
    { width: WIDTH, top: TOP, bottom, left: NAME_WIDTH, right: VALUE_WIDTH },
  );
  const drawn = rows.map(({ name, value, interval }, row) => {
    const middle = TOP + (row + 0.5) * ROW;
    const text = formatWithInterval(value, interval);
    return html`<g><title>${name}: ${text}</title><text x="${NAME_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${shortened(name)}</text>
${interval !== null && html`<path class="whisker negative" d="M${frame.x(interval[0])} ${middle}H${frame.x(interval[1])}"/>`}
${value !== null && html`<circle class="fill-negative" cx="${frame.x(value)}" cy="${middle}" r="4.5"/>`}
<text x="${frame.right + 12}" y="${middle + 4}">${text}</text></g>
`;
  });
  return drawing(WIDTH, bottom + 46, `${label}, ${rows.length} rows with 95 % intervals`, frame.axes, html`${drawn}`);
}

/** The round mark at or below everything drawn, so that the axis shows what there is. */
function lowestOf(rows: readonly NamedValue[]): number {
  const least = Math.min(...rows.flatMap(({ value, interval }) => interval?.[0] ?? value ?? []), 0.9);
  const [first = 0, second = 1] = roundTicks(least - (1 - least), 1);
  return Math.floor(least / (second - first) + 1e-9) * (second - first);
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
