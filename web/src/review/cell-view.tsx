import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { Cell } from "../../../src/server/api/cells.ts";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import { Waiting } from "../design/feedback.tsx";
import { StageLabel } from "./cell-badges.tsx";
import { explanationQuery, occlusionQuery } from "./cell-queries.ts";
import type { Desk } from "./desk.ts";
import { imageAddress } from "./image-address.ts";
import { MapOverlay } from "./map-overlay.tsx";
import { createPreloader, decodedImage } from "./preload.ts";
import { SidePanel } from "./side-panel.tsx";
import { Stage } from "./stage.tsx";
import { useCellAt, useDesk } from "./use-desk.ts";
import { useLast } from "./use-last.ts";
import { useSettled } from "./use-settled.ts";
import { usePending } from "./window-outbox.ts";
import { cellInWords } from "./wording.ts";

/** So many cells ahead are fetched and decoded, and one behind. */
const AHEAD = 12;
const SETTLED_MILLISECONDS = 120;

/** The focused cell alone, large, with what is known of it beside it. */
export function CellView({ desk }: { readonly desk: Desk }) {
  const place = useDesk(desk, (state) => state.place);
  const cell = useCellAt(desk, place);
  const view = useRef<HTMLElement>(null);
  usePreloading(desk, place);
  useEffect(() => desk.cells.show(Math.max(place - 1, 0), place + AHEAD), [desk, place]);
  useEffect(() => view.current?.focus({ preventScroll: true }), []);
  return (
    <section ref={view} className="cell-view" tabIndex={-1} aria-label="One cell">
      {cell === undefined ? <Waiting label="Loading the cell" /> : <ShownCell desk={desk} cell={cell} place={place} />}
    </section>
  );
}

interface ShownCellProps {
  readonly desk: Desk;
  readonly cell: Cell;
  readonly place: number;
}

function ShownCell({ desk, cell, place }: ShownCellProps) {
  const settings = useDesk(desk, (state) => state.settings);
  const wantsOcclusion = useDesk(desk, (state) => state.occlusion);
  const pending = usePending(cell.id);
  const settledId = useSettled(cell.id, desk.queue === "disagreements" ? 0 : SETTLED_MILLISECONDS);
  const settled = settledId === cell.id;
  const explanation = useQuery({ ...explanationQuery(cell.id), enabled: settled });
  const occlusion = useQuery({ ...occlusionQuery(cell.id), enabled: wantsOcclusion });
  const usual = useLast(explanation.data);
  const maps = explanation.data?.maps;
  useEffect(() => {
    if (maps !== undefined) desk.setMaps(maps.map(({ name }) => name));
  }, [desk, maps]);

  const chosen = maps?.find(({ name }) => name === settings.overlay);
  const shown = wantsOcclusion ? occlusion.data?.map : chosen;
  return (
    <>
      <div className="stage-area">
        <Stage desk={desk} cell={cell}>
          {shown !== undefined && (
            <MapOverlay key={`${cell.id} ${shown.name}`} map={shown} opacity={settings.overlayOpacity} />
          )}
        </Stage>
        <StageLabel cell={cell} pending={pending} />
        <p className="hidden-label" aria-live="off">
          {cellInWords(cell, place, desk.total, pending, desk.reader)}
        </p>
        <TurnButton desk={desk} to="previous" />
        <TurnButton desk={desk} to="next" />
      </div>
      {settings.panel && (
        <SidePanel
          desk={desk}
          cell={cell}
          place={place}
          explanation={explanation}
          usual={usual}
          occlusion={occlusion}
          wantsOcclusion={wantsOcclusion}
        />
      )}
    </>
  );
}

function TurnButton({ desk, to }: { readonly desk: Desk; readonly to: "previous" | "next" }) {
  return (
    <button
      type="button"
      className={`turn turn-${to}`}
      aria-label={to === "next" ? "Next cell" : "Previous cell"}
      onClick={() => desk.perform({ do: "move", to })}
    >
      <svg
        viewBox="0 0 20 20"
        width="1.4em"
        height="1.4em"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        aria-hidden="true"
      >
        <path d={to === "next" ? "M7 3l7 7-7 7" : "M13 3l-7 7 7 7"} strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </button>
  );
}

/** Keeps the next images decoded, so that a decision shows the next cell without waiting for anything. */
function usePreloading(desk: Desk, place: number): void {
  const window = useDesk(desk, (state) => state.settings.window);
  const preloader = useMemo(() => createPreloader(decodedImage), []);
  useEffect(() => {
    const wantNext = (): void => {
      // What is held stays held while nobody answers.
      if (connectionState() === "lost") return;
      const places = Array.from({ length: AHEAD }, (_, step) => place + step).concat(place - 1);
      const cells = places.flatMap((at) => desk.cells.cellAt(at) ?? []).filter(({ error }) => error === null);
      preloader.want(cells.map(({ id }) => imageAddress(id, null, window)));
    };
    // After the cell itself is drawn.
    const timer = setTimeout(wantNext);
    const ends = [place, place + AHEAD].map((at) => desk.cells.subscribe(at, wantNext));
    ends.push(onConnectionChange(wantNext));
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [desk, place, window, preloader]);
  useEffect(() => () => preloader.want([]), [preloader]);
}
