import { type Html, html } from "../html.ts";
import { formatSignificant } from "../numbers.ts";
import { domainFromZero, drawing, plotFrame } from "./axes.ts";

export interface NamedCost {
  readonly name: string;
  /** Zero or more. */
  readonly value: number;
}

const WIDTH = 660;
const [ROW, TOP, NAME_WIDTH, VALUE_WIDTH] = [22, 8, 210, 70];

/** A bar for each network, from 0: seconds, milliseconds, numbers. `label` names the axis with its unit. */
export function costsChart(rows: readonly NamedCost[], label: string): Html {
  const bottom = TOP + rows.length * ROW;
  const frame = plotFrame(
    { domain: domainFromZero(rows.map(({ value }) => value)), label },
    { domain: [0, 1], label: "", ticks: [] },
    { width: WIDTH, top: TOP, bottom, left: NAME_WIDTH, right: VALUE_WIDTH },
  );
  const drawn = rows.map(({ name, value }, row) => {
    const top = TOP + row * ROW;
    return html`<g><title>${name}: ${formatSignificant(value)}</title>
<text x="${NAME_WIDTH - 10}" y="${top + 15}" text-anchor="end">${name}</text>
<rect class="fill-negative" x="${frame.left}" y="${top + 4}" width="${frame.x(value) - frame.left}" height="${ROW - 8}"/>
<text x="${frame.x(value) + 6}" y="${top + 15}">${formatSignificant(value)}</text></g>
`;
  });
  return drawing(WIDTH, bottom + 46, `${label}, ${rows.length} rows`, frame.axes, html`${drawn}`);
}
