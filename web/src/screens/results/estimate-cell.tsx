import type { Estimate } from "../../../../src/server/api/results.ts";
import { decimalText } from "../../design/numbers.ts";
import { intervalText } from "./estimates.ts";

/** A number with its interval, in a table; a dash where there is none. */
export function EstimateCell({ estimate, decimals }: { estimate: Estimate | null; decimals: number }) {
  if (estimate === null) return <td className="number">–</td>;
  return (
    <td className="number">
      <span className="strong">{decimalText(estimate.value, decimals)}</span>{" "}
      <span className="quiet">({intervalText(estimate, decimals)})</span>
    </td>
  );
}
