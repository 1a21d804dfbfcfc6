import type { Interval } from "../../assay/frequency.ts";
import { type Html, html } from "../html.ts";
import { formatCount } from "../numbers.ts";
import { formatPerThousand, formatRange } from "../study-numbers.ts";
import { domainFromZero, drawing, plotFrame } from "./axes.ts";

/** Cells with micronuclei per 1000 of one sample; null where no cell counts. */
export interface SampleFrequency {
  readonly name: string;
  readonly bnCells: number;
  readonly perThousand: number | null;
  readonly interval: Interval | null;
  /** A person has seen every cell with micronuclei. */
  readonly confirmed: boolean;
}

const WIDTH = 640;
const [ROW, TOP, NAME_WIDTH, VALUE_WIDTH, LONGEST_NAME] = [22, 8, 150, 160, 20];

/** One row a sample: a dot (hollow where only the model has called), its interval, and the number. */
export function sampleFrequencies(samples: readonly SampleFrequency[], level: string): Html {
  const bottom = TOP + samples.length * ROW;
  const frame = plotFrame(
    {
      domain: domainFromZero(samples.map(({ interval }) => interval?.high ?? 0)),
      label: "Cells with micronuclei per 1000 binucleated cells",
    },
    { domain: [0, 1], label: "", ticks: [] },
    { width: WIDTH, top: TOP, bottom, left: NAME_WIDTH, right: VALUE_WIDTH },
  );
  const rows = samples.map((sample, row) => {
    const { name, perThousand, interval, bnCells, confirmed } = sample;
    const middle = TOP + (row + 0.5) * ROW;
    const text = perThousand === null ? "no cells" : `${formatPerThousand(perThousand)} (${formatRange(interval)})`;
    return html`<g><title>${name}: ${text}, ${formatCount(bnCells)} cells</title><text x="${NAME_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${shortened(name)}</text>
${interval !== null && html`<path class="whisker negative" d="M${frame.x(interval.low)} ${middle}H${frame.x(interval.high)}"/>`}
${perThousand !== null && html`<circle class="${confirmed ? "fill-negative" : "negative hollow"}" cx="${frame.x(perThousand)}" cy="${middle}" r="4.5"/>`}
<text x="${frame.right + 12}" y="${middle + 4}">${text}</text></g>
`;
  });
  const description = `Cells with micronuclei per 1000 of ${samples.length} samples with ${level} intervals`;
  return drawing(WIDTH, bottom + 46, description, frame.axes, html`${rows}`);
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
