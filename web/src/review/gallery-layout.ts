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
