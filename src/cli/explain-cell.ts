import { extname, join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";
import { encodeNpy } from "../core/npy.ts";
import type { AttentionMap } from "../engine/classifier-session.ts";
import { mapsToShow, paintAttention, rangeOf, type ScaleRange } from "../explanation/attention-image.ts";
import { outlineOf } from "../explanation/mask.ts";
import { drawPanel, scaleLabels } from "../explanation/panel.ts";
import { readImage } from "../images/decode.ts";
import { encodeJpeg, encodePng } from "../images/encode.ts";
import type { InstanceMask } from "../images/mask.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import type { ExplainedCell } from "../report/explanation-page.ts";
import type { CellScore } from "../scoring/score-cells.ts";
import type { SourceCell } from "./score-source.ts";

/** Longer side of a cell's picture in the gallery, pixels; smaller cells keep their size. */
const PICTURE_SIDE = 224;
/** Longer side of a map's picture: the maps have 13 x 13 values, and the browser smooths what is between these pixels. */
const MAP_SIDE = 104;
const JPEG_QUALITY = 88;

export interface ExplainedFiles {
  /** The columns that name them, paths relative to the output folder. */
  readonly columns: Readonly<Record<string, string>>;
  readonly picture: string;
  readonly panel: string;
  readonly maps: ExplainedCell["maps"];
  readonly outline: string | null;
}

export interface ExplainCellRequest {
  readonly cell: SourceCell;
  readonly score: CellScore;
  /** Position in the source, from 0. */
  readonly place: number;
  readonly out: string;
  readonly title: string;
  /** The same range for every map; each its own where null. */
  readonly range: ScaleRange | null;
  readonly mask: InstanceMask | null;
  /** Gallery pictures as data URLs instead of files. */
  readonly embed: boolean;
}

/** Writes a cell's panel (PNG) and raw maps (.npy), and makes its pictures for the gallery. */
export async function explainCell(request: ExplainCellRequest): Promise<ExplainedFiles> {
  const { cell, score, place, out, title, range, mask, embed } = request;
  const image = await readImage(cell.path);
  const name = fileNameOf(cell, place);
  const maps = layersOf(mapsToShow(score)).map(({ output, caption, map }) => ({
    output,
    caption,
    map,
    range: range ?? rangeOf(map),
    file: `maps/${name}.${output}.npy`,
  }));
  const panel = `panels/${name}.png`;
  const drawn = drawPanel({ title, image, maps, mask: mask ?? undefined });
  await writeFileAtomically(join(out, panel), await encodePng(drawn));
  for (const { output, file, map } of maps) {
    const { height, width, data } = output === "evidence" && score.evidence !== null ? score.evidence : map;
    await writeFileAtomically(join(out, file), encodeNpy({ shape: [height, width], data }));
  }
  const store = async (suffix: string, content: RasterImage) =>
    pictureOf(content, embed, out, `pictures/${name}${suffix}`);
  const explained = maps.map(async ({ output, caption, map, range: ends }) => {
    const { width, height } = fitted(image, MAP_SIDE);
    const [low, high] = scaleLabels(ends);
    const picture = await store(`.${output}.jpg`, paintAttention(map, width, height, ends));
    return { layer: caption, picture, low, high };
  });
  return {
    columns: { panel, ...Object.fromEntries(maps.map(({ output, file }) => [output, file])) },
    panel,
    picture: await store(".jpg", shrunk(image)),
    maps: await Promise.all(explained),
    outline: mask === null ? null : outlineOf(mask),
  };
}

/** The maps with their captions, the evidence first, then in the order of the layers: `attention_6` is "layer 6". */
export function layersOf(attention: CellScore["attention"]): { output: string; caption: string; map: AttentionMap }[] {
  return Object.entries(attention)
    .sort(([one], [other]) => captionOf(one).localeCompare(captionOf(other), "en", { numeric: true }))
    .map(([output, map]) => ({ output, caption: captionOf(output), map }));
}

/** "layer 6" for the output `attention_6`. */
export function captionOf(output: string): string {
  return output.replace(/^attention_/, "layer ");
}

/** "00017-cell-a": the place keeps names apart and in the order of the source. */
function fileNameOf({ file }: SourceCell, place: number): string {
  const stem = file.slice(0, file.length - extname(file).length);
  const plain = stem.replaceAll(/[^A-Za-z0-9.-]+/g, "_").slice(-60);
  return `${String(place + 1).padStart(5, "0")}-${plain}`;
}

async function pictureOf(image: RasterImage, embed: boolean, out: string, file: string): Promise<string> {
  const bytes = await encodeJpeg(image, JPEG_QUALITY);
  if (embed) return `data:image/jpeg;base64,${Buffer.from(bytes).toString("base64")}`;
  await writeFileAtomically(join(out, file), bytes);
  return file;
}

function shrunk(image: RasterImage): RasterImage {
  if (Math.max(image.width, image.height) <= PICTURE_SIDE) return image;
  const { width, height } = fitted(image, PICTURE_SIDE);
  return resizeImage(image, width, height);
}

/** The size at which the longer side of an image has so many pixels. */
function fitted({ width, height }: RasterImage, side: number): { width: number; height: number } {
  const scale = side / Math.max(width, height);
  const size = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: size(width), height: size(height) };
}
