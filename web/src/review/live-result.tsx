import { useQuery } from "@tanstack/react-query";
import { resultQuery } from "../api/queries.ts";
import type { Desk } from "./desk.ts";
import { useCellAt, useDesk } from "./use-desk.ts";

/** The frequency of the focused cell's sample, as the labels make it so far. Read again as labels are written. */
export function LiveResult({ desk, studyId }: { readonly desk: Desk; readonly studyId: number }) {
  const place = useDesk(desk, (state) => state.place);
  const cell = useCellAt(desk, Math.min(place, Math.max(desk.total - 1, 0)));
  const { data } = useQuery(resultQuery(studyId));
  const sample = data?.samples.find(({ id }) => id === cell?.sampleId);
  if (sample === undefined) return null;
  const frequency = sample.frequencyPerThousand;
  return (
    <div className="live-result">
      <span className="live-name" title={sample.name}>
        {sample.name}
      </span>
      {frequency === null ? (
        <span className="quiet">no frequency yet</span>
      ) : (
        <span title="Cells with micronuclei in 1,000 binucleated cells, with its interval">
          <strong>{frequency.value.toFixed(1)} ‰</strong>{" "}
          <span className="quiet">
            {frequency.low.toFixed(1)}–{frequency.high.toFixed(1)}
          </span>
        </span>
      )}
    </div>
  );
}
