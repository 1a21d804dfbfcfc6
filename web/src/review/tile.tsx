import { memo } from "react";
import type { Cell } from "../../../src/server/api/cells.ts";
import { CallBadge, LabelBadges } from "./cell-badges.tsx";
import type { Desk } from "./desk.ts";
import { imageAddress } from "./image-address.ts";
import { TileImage } from "./tile-image.tsx";
import { useCellAt, useDesk } from "./use-desk.ts";
import { usePending } from "./window-outbox.ts";
import { cellInWords, reasonInWords } from "./wording.ts";

export const tileId = (place: number): string => `tile-${place}`;

interface TileProps {
  readonly desk: Desk;
  readonly place: number;
  /** Side of the image to ask for, device pixels. */
  readonly side: number;
}

/** One place of the gallery. It renders again only when its own cell, label or focus changes. */
export const Tile = memo(function Tile({ desk, place, side }: TileProps) {
  const cell = useCellAt(desk, place);
  const focused = useDesk(desk, (state) => state.place === place);
  if (cell !== undefined) return <LoadedTile desk={desk} place={place} side={side} cell={cell} focused={focused} />;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid keeps the focus and names its active tile
    <div
      id={tileId(place)}
      data-place={place}
      className="tile tile-empty"
      role="option"
      aria-selected={focused}
      aria-label={`Cell ${place + 1}, loading`}
    />
  );
});

interface LoadedTileProps extends TileProps {
  readonly cell: Cell;
  readonly focused: boolean;
}

function LoadedTile({ desk, place, side, cell, focused }: LoadedTileProps) {
  const pending = usePending(cell.id);
  const window = useDesk(desk, (state) => state.settings.window);
  const finding =
    pending?.kind === "label" ? pending.finding : pending === undefined ? cell.ownLabel?.finding : undefined;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid keeps the focus and names its active tile
    <div
      id={tileId(place)}
      data-place={place}
      data-cell={cell.id}
      data-finding={finding}
      className="tile"
      role="option"
      aria-selected={focused}
      aria-setsize={desk.total}
      aria-posinset={place + 1}
    >
      <span className="hidden-label">{cellInWords(cell, place, desk.total, pending, desk.reader)}</span>
      <div className="tile-picture" aria-hidden="true">
        {cell.error === null ? (
          <TileImage address={imageAddress(cell.id, side, window)} />
        ) : (
          <p className="tile-error" title={cell.error}>
            <strong>{cell.file}</strong>
            <span>{reasonInWords(cell.error)}</span>
          </p>
        )}
      </div>
      <div className="tile-foot" aria-hidden="true">
        <CallBadge cell={cell} />
        <LabelBadges cell={cell} pending={pending} reader={desk.reader} />
      </div>
    </div>
  );
}
