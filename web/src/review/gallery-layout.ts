/** Space between tiles, and around them, CSS pixels. */
export const GAP = 8;
/** Height of the line with badges below a tile's picture. */
export const FOOT = 28;

export interface GalleryLayout {
  readonly columns: number;
  /** Side of a tile's picture, CSS pixels; the tiles of a row fill its width. */
  readonly picture: number;
  /** From one row to the next. */
  readonly rowHeight: number;
  readonly rows: number;
}

/** How `total` tiles of about `wanted` CSS pixels fill a width. */
export function galleryLayout(width: number, wanted: number, total: number): GalleryLayout {
  const inner = Math.max(width - 2 * GAP, 1);
  const columns = Math.max(1, Math.floor((inner + GAP) / (wanted + GAP)));
  const picture = Math.floor((inner - GAP * (columns - 1)) / columns);
  return { columns, picture, rowHeight: picture + FOOT + GAP, rows: Math.ceil(total / columns) };
}
