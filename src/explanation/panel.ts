import type { AttentionMap } from "../engine/classifier-session.ts";
import { toRgb } from "../images/encode.ts";
import type { InstanceMask } from "../images/mask.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import { colourOf, overlayAttention, type ScaleRange } from "./attention-image.ts";
import { type Colour, drawText, fillBox, textHeight, textWidth } from "./lettering.ts";
import { fitMask } from "./mask.ts";

/** One attention map of a panel. */
export interface PanelMap {
  /** "layer 6". */
  readonly caption: string;
  readonly map: AttentionMap;
  readonly range: ScaleRange;
}

export interface PanelRequest {
  /** Over the panel: probability, call, label. */
  readonly title: string;
  readonly image: RasterImage;
  readonly maps: readonly PanelMap[];
  /** Outlined on the maps: what a person marked. */
  readonly mask?: InstanceMask | undefined;
}

/** Pixels of the longer side of the cell. */
const TILE = 224;
const [MARGIN, GAP, BAR, DOT] = [14, 18, 10, 2];
const PAGE: Colour = [255, 255, 255];
const INK: Colour = [26, 29, 33];
/** Cyan is nowhere on the colour scale of the maps. */
const OUTLINE: Colour = [0, 229, 255];

/**
 * A picture of a decision: the cell, then the cell under each attention map with the map's colour scale and the numbers
 * at its ends.
 */
export function drawPanel({ title, image, maps, mask }: PanelRequest): RasterImage {
  const cell = toRgb(fitToTile(image));
  const line = textHeight(DOT);
  const top = MARGIN + line + GAP;
  const tilesWidth = (maps.length + 1) * TILE + maps.length * GAP;
  const width = 2 * MARGIN + Math.max(tilesWidth, textWidth(title, DOT));
  const height = top + TILE + MARGIN + BAR + MARGIN + line + MARGIN;
  const panel: RasterImage = { width, height, channels: 3, data: new Uint8Array(3 * width * height) };
  fillBox(panel, { left: 0, top: 0, width, height }, PAGE);
  drawText(panel, title, { left: MARGIN, top: MARGIN, dot: DOT, colour: INK });
  const captionTop = top + TILE + MARGIN + BAR + MARGIN;
  paste(panel, cell, MARGIN, top);
  drawText(panel, `cell ${image.width} x ${image.height} px`, { left: MARGIN, top: captionTop, dot: DOT, colour: INK });
  maps.forEach(({ caption, map, range }, index) => {
    const left = MARGIN + (index + 1) * (TILE + GAP);
    const overlay = overlayAttention(cell, map, { range });
    if (mask !== undefined) drawOutline(overlay, fitMask(mask, cell.width, cell.height));
    paste(panel, overlay, left, top);
    drawScale(panel, { left, top: top + TILE + MARGIN, captionTop, caption, range });
  });
  return panel;
}

/** The image with its longer side as long as a tile, proportions kept. */
function fitToTile(image: RasterImage): RasterImage {
  const scale = TILE / Math.max(image.width, image.height);
  const size = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeImage(image, size(image.width), size(image.height));
}

/** Puts an RGB image into the middle of the tile at a place. */
function paste(panel: RasterImage, image: RasterImage, left: number, top: number): void {
  const x = left + Math.floor((TILE - image.width) / 2);
  const y = top + Math.floor((TILE - image.height) / 2);
  for (let row = 0; row < image.height; row++) {
    const from = 3 * row * image.width;
    panel.data.set(image.data.subarray(from, from + 3 * image.width), 3 * ((y + row) * panel.width + x));
  }
}

/** Colours every marked pixel that has an unmarked neighbour. */
function drawOutline(image: RasterImage, { width, height, data }: InstanceMask): void {
  const isMarked = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inner = isMarked(x - 1, y) && isMarked(x + 1, y) && isMarked(x, y - 1) && isMarked(x, y + 1);
      if (isMarked(x, y) && !inner) image.data.set(OUTLINE, 3 * (y * width + x));
    }
  }
}

/** The colours from low to high, the two values below their ends, the caption between them. */
function drawScale(
  panel: RasterImage,
  place: {
    readonly left: number;
    readonly top: number;
    readonly captionTop: number;
    readonly caption: string;
    readonly range: ScaleRange;
  },
): void {
  const { left, top, captionTop, caption, range } = place;
  for (let x = 0; x < TILE; x++)
    fillBox(panel, { left: left + x, top, width: 1, height: BAR }, colourOf(x / (TILE - 1)));
  const [low, high] = scaleLabels(range);
  const write = (text: string, at: number) =>
    drawText(panel, text, { left: at, top: captionTop, dot: DOT, colour: INK });
  write(low, left);
  write(caption, left + Math.round((TILE - textWidth(caption, DOT)) / 2));
  write(high, left + TILE - textWidth(high, DOT));
}

/** The ends of a scale with as many decimals (2 to 4) as it takes to tell them apart. */
export function scaleLabels({ low, high }: ScaleRange): readonly [low: string, high: string] {
  const decimals = [2, 3].find((digits) => high - low >= 10 ** (1 - digits)) ?? 4;
  return [low.toFixed(decimals), high.toFixed(decimals)];
}
