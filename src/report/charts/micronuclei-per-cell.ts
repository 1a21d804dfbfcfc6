import { type Html, html } from "../html.ts";
import { formatCount } from "../numbers.ts";
import { formatPerThousand } from "../study-numbers.ts";
import { domainFromZero, drawing, plotFrame } from "./axes.ts";

/** Cells of one sample by their number of micronuclei. */
export interface CellsByMicronuclei {
  readonly name: string;
  readonly bnCells: number;
  /** Cells with 1, 2, and 3 or more that a person has counted. */
  readonly one: number;
  readonly two: number;
  readonly more: number;
  /** Cells with micronuclei that nobody has counted. */
  readonly uncounted: number;
}

const WIDTH = 640;
const [ROW, BAR, TOP, NAME_WIDTH, LONGEST_NAME] = [24, 14, 34, 150, 20];

const PARTS = [
  { key: "one", name: "1", colour: "var(--negative)" },
  { key: "two", name: "2", colour: "var(--third)" },
  { key: "more", name: "3 or more", colour: "var(--positive)" },
  { key: "uncounted", name: "not counted", colour: "var(--rule)" },
] as const;

/** One bar a sample, per 1000 cells, split by the number of micronuclei in a cell; what nobody counted is set apart. */
export function micronucleiPerCell(samples: readonly CellsByMicronuclei[]): Html {
  const bottom = TOP + samples.length * ROW;
  const share = (sample: CellsByMicronuclei, cells: number): number => (1000 * cells) / Math.max(1, sample.bnCells);
  const totals = samples.map((sample) => share(sample, sample.one + sample.two + sample.more + sample.uncounted));
  const frame = plotFrame(
    { domain: domainFromZero(totals), label: "Cells per 1000 binucleated cells" },
    { domain: [0, 1], label: "", ticks: [] },
    { width: WIDTH, top: TOP, bottom, left: NAME_WIDTH, right: 20 },
  );
  const rows = samples.map((sample, row) => {
    const top = TOP + row * ROW + (ROW - BAR) / 2;
    let from = 0;
    const bars = PARTS.map(({ key, name, colour }) => {
      const to = from + share(sample, sample[key]);
      const [left, right] = [frame.x(from), frame.x(to)];
      from = to;
      if (sample[key] === 0) return null;
      const told = `${sample.name}: ${formatCount(sample[key])} cells with ${name === "not counted" ? "micronuclei, not counted" : `${name} micronuclei`}`;
      return html`<rect style="fill:${colour}" x="${left}" y="${top}" width="${Math.max(1, right - left - 0.5)}" height="${BAR}"><title>${told}, ${formatPerThousand(share(sample, sample[key]))} per 1000</title></rect>
`;
    });
    return html`<text x="${NAME_WIDTH - 10}" y="${top + 11}" text-anchor="end">${shortened(sample.name)}</text>
${bars}`;
  });
  return drawing(
    WIDTH,
    bottom + 46,
    `Cells with 1, 2, 3 or more micronuclei in ${samples.length} samples`,
    frame.axes,
    legend(),
    html`${rows}`,
  );
}

function legend(): Html {
  const entries = PARTS.map(({ name, colour }, index) => {
    const left = NAME_WIDTH + index * 105;
    return html`<rect style="fill:${colour}" x="${left}" y="8" width="12" height="12"/><text x="${left + 18}" y="18">${name}</text>
`;
  });
  return html`<g>${entries}</g>`;
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
