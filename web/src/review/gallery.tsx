import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { type MouseEvent, memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Desk } from "./desk.ts";
import { GAP, type GalleryLayout, galleryLayout, scrollToRow } from "./gallery-layout.ts";
import { tileSide } from "./image-address.ts";
import { Tile, tileId } from "./tile.tsx";
import { useDesk, useTotal } from "./use-desk.ts";

/** Rows beyond the view that are kept ready on either side. */
const OVERSCAN = 2;

/** All cells of the queue as a grid; only the rows in view are on the page. The grid itself keeps the keyboard's focus. */
export function Gallery({ desk }: { readonly desk: Desk }) {
  const view = useRef<HTMLDivElement>(null);
  const total = useTotal(desk) ?? 0;
  const wanted = useDesk(desk, (state) => state.settings.tileSize);
  const [size, setSize] = useState<ViewSize>({ width: 0, height: 0, rem: 16 });
  useLayoutEffect(() => watchSize(view.current, setSize), []);
  const layout = galleryLayout(size.width, wanted, total, size.rem);
  return (
    <div ref={view} className="gallery" data-view>
      {size.width > 0 && <Grid desk={desk} view={view} layout={layout} height={size.height} total={total} />}
    </div>
  );
}

interface GridProps {
  readonly desk: Desk;
  readonly view: { readonly current: HTMLDivElement | null };
  readonly layout: GalleryLayout;
  readonly height: number;
  readonly total: number;
}

function Grid({ desk, view, layout, height, total }: GridProps) {
  const { columns, rows, rowHeight, tileHeight, picture } = layout;
  const place = useDesk(desk, (state) => state.place);
  const revealed = useDesk(desk, (state) => state.revealed);
  const grid = useRef<HTMLDivElement>(null);
  // A part of the row after the focused one is in view too: one sees what comes.
  const ahead = height > 1.8 * rowHeight ? rowHeight * 0.4 : 0;
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => view.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    paddingStart: GAP,
    scrollPaddingEnd: ahead,
    scrollPaddingStart: GAP,
    initialOffset: () => Math.max(0, Math.floor(place / columns) * rowHeight - (height - rowHeight) / 2),
  });
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height have to be placed anew
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  useEffect(
    () => desk.setLayout(columns, Math.max(1, Math.floor(height / rowHeight))),
    [desk, columns, height, rowHeight],
  );
  useEffect(() => desk.cells.show(first * columns, (last + 1) * columns - 1), [desk, first, last, columns]);
  useEffect(() => grid.current?.focus({ preventScroll: true }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `revealed` grows when the focus has to be seen
  useLayoutEffect(() => {
    const row = Math.floor(place / columns);
    const offset = virtualizer.scrollOffset ?? 0;
    // Most moves stay in view: asking the virtualizer would measure the page each time.
    const align = scrollToRow({ top: GAP + row * rowHeight, rowHeight, ahead, offset, height }, desk.state.readsOn);
    if (align !== null) virtualizer.scrollToIndex(row, { align });
  }, [desk, virtualizer, place, columns, rowHeight, revealed]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the screen's keys move the focus and open cells
    <div
      ref={grid}
      className="grid"
      style={{ height: virtualizer.getTotalSize() + GAP }}
      role="listbox"
      tabIndex={0}
      aria-label="Cells of the queue"
      aria-activedescendant={place < total ? tileId(place) : undefined}
      onClick={(event) => onTile(event, (at) => desk.goTo(at))}
      onDoubleClick={(event) => onTile(event, () => desk.perform({ do: "toggle-view" }))}
    >
      {items.map((item) => (
        <Row
          key={item.key}
          desk={desk}
          top={item.start}
          first={item.index * columns}
          count={Math.min(columns, total - item.index * columns)}
          columns={columns}
          picture={picture}
          tileHeight={tileHeight}
        />
      ))}
    </div>
  );
}

interface RowProps {
  readonly desk: Desk;
  readonly top: VirtualItem["start"];
  readonly first: number;
  readonly count: number;
  readonly columns: number;
  readonly picture: number;
  readonly tileHeight: number;
}

const Row = memo(function Row({ desk, top, first, count, columns, picture, tileHeight }: RowProps) {
  const side = tileSide(picture, window.devicePixelRatio);
  const places = Array.from({ length: count }, (_, column) => first + column);
  return (
    <div
      className="grid-row"
      role="presentation"
      style={{
        transform: `translateY(${top}px)`,
        gridTemplateColumns: `repeat(${columns}, ${picture}px)`,
        gridAutoRows: `${tileHeight}px`,
        gap: GAP,
        paddingInline: GAP,
      }}
    >
      {places.map((place) => (
        <Tile key={place} desk={desk} place={place} side={side} />
      ))}
    </div>
  );
});

function onTile(event: MouseEvent, act: (place: number) => void): void {
  const place = (event.target as Element).closest<HTMLElement>("[data-place]")?.dataset.place;
  if (place !== undefined) act(Number(place));
}

/** CSS pixels. */
interface ViewSize {
  readonly width: number;
  readonly height: number;
  /** The page's letter size. */
  readonly rem: number;
}

function watchSize(element: HTMLElement | null, tell: (size: ViewSize) => void): (() => void) | undefined {
  if (element === null) return undefined;
  const measure = (): void => {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    tell({ width: element.clientWidth, height: element.clientHeight, rem });
  };
  measure();
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  return () => observer.disconnect();
}
