import { sha256OfFile } from "../core/files.ts";
import { overlayAttention } from "../explanation/attention-image.ts";
import { readImage } from "../images/decode.ts";
import { encodeJpeg } from "../images/encode.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import type { GalleryCell } from "../report/study-report.ts";
import type { ShownCell } from "../workspace/study-cells.ts";

/** Pixels of a picture's longer side: enough at the size of the gallery, small enough for a page that stands alone. */
const SIDE = 192;
const JPEG_QUALITY = 85;

/** A cell with its picture and, laid over it, the attention of the deepest layer as it was when the cell was scored. */
export async function galleryCell(cell: ShownCell): Promise<GalleryCell> {
  const { sample, slide, file, probability, label } = cell;
  const image = await pictureOf(cell);
  const map = cell.attention.at(-1);
  const overlay =
    image === null || map === undefined
      ? null
      : overlayAttention(image, {
          width: map.width,
          height: map.height,
          data: Float32Array.from(map.data, (value) => value / 255),
        });
  return {
    sample,
    slide,
    file,
    probability,
    confirmed: label === null ? null : `${label.reader}: ${findingText(label)}.`,
    picture: image === null ? null : await asDataUri(image),
    overlay: overlay === null ? null : await asDataUri(overlay),
  };
}

/** Null where the file is gone or is not the one that was scored: the wrong picture would be worse than none. */
async function pictureOf({ path, sha256 }: ShownCell): Promise<RasterImage | null> {
  try {
    if (sha256 !== null && (await sha256OfFile(path)) !== sha256) return null;
    const image = await readImage(path);
    const scale = SIDE / Math.max(image.width, image.height);
    return resizeImage(
      image,
      Math.max(1, Math.round(image.width * scale)),
      Math.max(1, Math.round(image.height * scale)),
    );
  } catch {
    return null;
  }
}

async function asDataUri(image: RasterImage): Promise<string> {
  return `data:image/jpeg;base64,${Buffer.from(await encodeJpeg(image, JPEG_QUALITY)).toString("base64")}`;
}

function findingText({ finding, micronuclei }: NonNullable<ShownCell["label"]>): string {
  if (finding !== "mn") return finding;
  if (micronuclei === null) return "micronuclei, not counted";
  return micronuclei === 1 ? "1 micronucleus" : `${micronuclei} micronuclei`;
}
