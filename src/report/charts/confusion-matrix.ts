import type { Confusion } from "../../evaluation/confusion.ts";
import { type Html, html } from "../html.ts";
import { formatCount, formatPercent } from "../numbers.ts";

/** Counts by label (rows) and call (columns), each with its share of the row; right calls are shaded. */
export function confusionMatrix(
  { tp, fp, fn, tn }: Confusion,
  names: { readonly positive: string; readonly negative: string },
  caption: string,
): Html {
  const cell = (count: number, ofRow: number, right: boolean): Html => html`<td${right && html` class="right"`}>
<span class="count">${formatCount(count)}</span><span class="share">${ofRow > 0 && formatPercent(count / ofRow)}</span></td>`;
  return html`<div class="scroll"><table class="confusion"><caption>${caption}</caption>
<thead><tr><td style="border:0;min-width:0"></td><th scope="col">called ${names.positive}</th><th scope="col">called ${names.negative}</th></tr></thead>
<tbody><tr><th scope="row">${names.positive}</th>${cell(tp, tp + fn, true)}${cell(fn, tp + fn, false)}</tr>
<tr><th scope="row">${names.negative}</th>${cell(fp, fp + tn, false)}${cell(tn, fp + tn, true)}</tr></tbody></table></div>
`;
}
