import type { AuditPlan } from "../../../../src/server/api/cells.ts";
import { countOf, countText } from "../../design/numbers.ts";

/** How many cells to draw beside those that were drawn before: at least one, where there is one. */
export function cellsToDraw({ available, suggested, drawn }: AuditPlan): number {
  return Math.min(available, Math.max(1, suggested - drawn));
}

/** How large the sample is to be in all, so that `more` cells are drawn: that is what the server is asked for. */
export function sizeWith(more: number, { drawn }: AuditPlan): number {
  return drawn + more;
}

/** What the wanted precision needs and what there is, in words. */
export function planText({ available, suggested, drawn, reviewed }: AuditPlan): string {
  const before = drawn === 0 ? "" : ` ${countText(drawn)} were drawn before, ${countText(reviewed)} of them read.`;
  if (available === 0) return drawn === 0 ? "No cell was called so." : `There is none left to draw.${before}`;
  if (drawn >= suggested) return `Enough were drawn for this precision; ${countText(available)} more can be.${before}`;
  return `This precision needs ${countOf(suggested, "cell")} in all; ${countText(available)} can be drawn.${before}`;
}
