import type { UseQueryResult } from "@tanstack/react-query";
import type { Cell } from "../../../src/server/api/cells.ts";
import type { Explanation, Occlusion } from "../../../src/server/api/explanation.ts";
import { Badge } from "../design/badge.tsx";
import { Failed } from "../design/feedback.tsx";
import { countText } from "../design/numbers.ts";
import { Adjudication } from "./adjudication.tsx";
import type { Desk } from "./desk.ts";
import { ImageControls } from "./image-controls.tsx";
import { LabelHistory } from "./label-history.tsx";
import { MapControls } from "./map-controls.tsx";
import { ProbabilityBar } from "./probability-bar.tsx";
import { SimilarCells } from "./similar-cells.tsx";
import { nameOfFile } from "./wording.ts";

interface SidePanelProps {
  readonly desk: Desk;
  readonly cell: Cell;
  readonly place: number;
  readonly explanation: UseQueryResult<Explanation>;
  /** That of the cell before while this one's is on its way: with it the controls stay where they are from cell to cell. */
  readonly usual: Explanation | undefined;
  readonly occlusion: UseQueryResult<Occlusion>;
  readonly wantsOcclusion: boolean;
}

/** What is known of the focused cell, and how it is looked at. */
export function SidePanel({ desk, cell, place, explanation, usual, occlusion, wantsOcclusion }: SidePanelProps) {
  const { data } = explanation;
  return (
    <aside className="side-panel" aria-label="About this cell">
      <header className="panel-part">
        <h2>
          Cell {countText(place + 1)} <span className="quiet">of {countText(desk.total)}</span>
        </h2>
        <p className="small quiet panel-file" title={cell.file}>
          {cell.sample} · {cell.slide} · {cell.originalId ?? nameOfFile(cell.file)}
        </p>
        {cell.quality !== null && cell.quality !== "ok" && <Badge tone="warning">{cell.quality}</Badge>}
      </header>
      {desk.queue === "disagreements" && <Adjudication labels={data?.labels ?? null} reader={desk.reader} />}
      <ProbabilityBar cell={cell} threshold={data?.threshold ?? null} />
      {cell.error === null && (
        <MapControls
          desk={desk}
          maps={usual?.maps ?? null}
          occlusion={occlusion}
          wantsOcclusion={wantsOcclusion}
          threshold={data?.threshold ?? null}
        />
      )}
      {explanation.isError && <Failed error={explanation.error} retry={() => void explanation.refetch()} />}
      <LabelHistory labels={data?.labels ?? null} reader={desk.reader} />
      {cell.outcome !== null && cell.error === null && <SimilarCells desk={desk} cellId={cell.id} />}
      {cell.error === null && <ImageControls desk={desk} bits={usual?.image?.bits ?? null} />}
    </aside>
  );
}
