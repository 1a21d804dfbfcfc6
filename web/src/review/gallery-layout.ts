/** Space between tiles, and around them, CSS pixels. */
export const GAP = 8;
export interface GalleryLayout {
  readonly columns: number;
  /** Side of a tile's picture, CSS pixels; the tiles of a row fill its width. */
  readonly picture: number;
  /** Of a picture and the line below it. */
  readonly tileHeight: number;
  /** From one row to the next. */
  readonly rowHeight: number;
  readonly rows: number;
}

/** Height of the line with badges below a picture, in the page's letter size. */
const FOOT_REMS = 1.9;
/** Tile sizes are meant for letters of so many CSS pixels; with larger ones, as on a 4K screen, tiles are larger too. */
const USUAL_REM = 16;

/** How `total` tiles of about `wanted` CSS pixels fill a width. `rem`: the page's letter size, CSS pixels. */
export function galleryLayout(width: number, wanted: number, total: number, rem: number): GalleryLayout {
  const inner = Math.max(width - 2 * GAP, 1);
  const columns = Math.max(1, Math.floor((inner + GAP) / ((wanted * rem) / USUAL_REM + GAP)));
  const picture = Math.floor((inner - GAP * (columns - 1)) / columns);
  const tileHeight = picture + Math.round(FOOT_REMS * rem);
  return { columns, picture, tileHeight, rowHeight: tileHeight + GAP, rows: Math.ceil(total / columns) };
}

/** A row of the gallery and the part of it that is on the screen, CSS pixels. */
export interface RowOnScreen {
  /** Of the row, from the gallery's start. */
  readonly top: number;
  readonly rowHeight: number;
  /** What should be seen of the row after it, too. */
  readonly ahead: number;
  /** How far the gallery is scrolled, and how much of it is seen. */
  readonly offset: number;
  readonly height: number;
}

/**
 * How the gallery has to be scrolled so that the focused row is seen: null where it is, "auto" by as little as it takes,
 * "start" up to the row. Who reads on turns the page and has a screen of new cells, instead of one new row at the bottom
 * again and again.
 */
export function scrollToRow(
  { top, rowHeight, ahead, offset, height }: RowOnScreen,
  readsOn: boolean,
): "auto" | "start" | null {
  const below = readsOn ? -GAP : ahead;
  if (top - GAP >= offset && top + rowHeight + below <= offset + height) return null;
  return readsOn ? "start" : "auto";
}
