import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Cell, CellList } from "../../../../src/server/api/cells.ts";
import type { Study } from "../../../../src/server/api/studies.ts";
import { get } from "../../api/client.ts";
import { keys, queryText } from "../../api/queries.ts";
import { decimalText } from "../../design/numbers.ts";

const SHOWN = 24;
const TILE_PIXELS = 160;

/** The cells that were scored last, the newest on the left. Cells are scored in the order in which the study lists them. */
export function NewestCells({ study }: { study: Study }) {
  const offset = Math.max(0, study.progress.scored - SHOWN);
  const newest = useQuery({
    queryKey: [...keys.study(study.id), "newest", offset],
    queryFn: ({ signal }) =>
      get<CellList>(`studies/${study.id}/cells${queryText({ queue: "all", offset, limit: SHOWN })}`, signal),
    placeholderData: keepPreviousData,
    gcTime: 5_000,
  }).data;
  return (
    <ul className="newest-cells" aria-label="Cells scored last">
      {(newest?.cells ?? []).toReversed().map((cell) => (
        <li key={cell.id} className={`newest-cell newest-${cell.outcome ?? "none"}`}>
          {cell.error === null ? (
            <img src={`/api/cells/${cell.id}/image?side=${TILE_PIXELS}`} alt="" width="96" height="96" />
          ) : (
            <span className="newest-missing" />
          )}
          <span className="small">{captionOf(cell)}</span>
        </li>
      ))}
    </ul>
  );
}

function captionOf({ outcome, probability }: Cell): string {
  if (outcome === "unreadable") return "unreadable";
  return probability === null ? "…" : decimalText(probability, 2);
}
