import { DatasetError } from "../core/errors.ts";
import { decodeWithLibvips } from "../images/libvips.ts";
import { DEFAULT_MAX_PIXELS } from "../images/limits.ts";
import { openImage } from "../images/open.ts";
import type { Samples } from "../images/samples.ts";
import type { AnnotatedField } from "./annotated-field.ts";
import { connectedComponents } from "./components.ts";
import { distanceBetween, type MeasuredObject, measureObjects } from "./measure-objects.ts";

/** Annotated objects of BBBC039, in pixels: smaller is dirt, larger than SMALL a nucleus, farther than NEAR nobody's. */
const DIRT_BELOW = 8;
const SMALL_UP_TO = 150;
const NEAR = 14;

/**
 * A field of hatch-lab/mnfinder. In both masks one colour is one object, and its blue value the cell to which it belongs.
 * Throws the errors of reading images, and FIELD_SIZES_DIFFER.
 */
export async function readMnfinderField(
  name: string,
  files: { readonly image: string; readonly nuclei: string; readonly micronuclei: string },
): Promise<AnnotatedField> {
  const [grey, nuclei, micronuclei] = await Promise.all(
    [files.image, files.nuclei, files.micronuclei].map(readSamples),
  );
  const image = greyOf(grey!);
  checkSizes(name, [image, nuclei!, micronuclei!]);
  const { width, height } = image;
  const colours = connectedComponents(width, height, coloursOf(micronuclei!));
  return {
    name,
    grey: image,
    nuclei: { width, height, data: Uint16Array.from(coloursOf(nuclei!), blueOf) },
    micronuclei: colours.mask,
    parentOf: new Map([...colours.valueOfRegion].map(([id, colour]) => [id, blueOf(colour)])),
  };
}

/**
 * A field of BBBC039: the first channel of the mask has regions of equal value. Large regions are nuclei; a small one belongs to
 * the nearest nucleus within NEAR pixels, or to none.
 */
export async function readBbbc039Field(
  name: string,
  files: { readonly image: string; readonly mask: string },
): Promise<AnnotatedField> {
  const [grey, mask] = await Promise.all([files.image, files.mask].map(readSamples));
  const image = greyOf(grey!);
  checkSizes(name, [image, mask!]);
  const { width, height } = image;
  const regions = connectedComponents(width, height, channelOf(mask!, 0)).mask;
  const objects = [...measureObjects(regions, image).values()];
  const nuclei = objects.filter(({ area }) => area > SMALL_UP_TO);
  const small = objects.filter(({ area }) => area >= DIRT_BELOW && area <= SMALL_UP_TO);
  const parents = small.flatMap((object): [number, number][] => {
    const nearest = nearestNucleus(object, nuclei, width);
    return nearest === undefined ? [] : [[object.id, nearest.id]];
  });
  const keep = (kept: readonly MeasuredObject[]) => {
    const data = new Uint16Array(width * height);
    for (const { id, pixels } of kept) for (const at of pixels) data[at] = id;
    return { width, height, data };
  };
  return { name, grey: image, nuclei: keep(nuclei), micronuclei: keep(small), parentOf: new Map(parents) };
}

function nearestNucleus(
  object: MeasuredObject,
  nuclei: readonly MeasuredObject[],
  width: number,
): MeasuredObject | undefined {
  let best: { nucleus: MeasuredObject; distance: number } | undefined;
  for (const nucleus of nuclei) {
    const isFar =
      nucleus.left > object.right + NEAR ||
      nucleus.right < object.left - NEAR ||
      nucleus.top > object.bottom + NEAR ||
      nucleus.bottom < object.top - NEAR;
    const distance = isFar ? Number.POSITIVE_INFINITY : distanceBetween(object, nucleus, width);
    if (distance <= NEAR && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { nucleus, distance };
  }
  return best?.nucleus;
}

async function readSamples(path: string): Promise<Samples> {
  return (await decodeWithLibvips(await openImage(path), 0, DEFAULT_MAX_PIXELS)).samples;
}

function greyOf(samples: Samples): Samples {
  const { width, height, data, channels } = samples;
  return channels === 1 ? samples : { width, height, channels: 1, data: data.filter((_, at) => at % channels === 0) };
}

/** One channel; of a grey picture its only one. */
function channelOf({ data, channels }: Samples, channel: number): Samples["data"] {
  const colours = channels === 2 || channels === 4 ? channels - 1 : channels;
  const wanted = Math.min(channel, colours - 1);
  return data.filter((_, at) => at % channels === wanted);
}

/** Red, green and blue of each pixel as one number, 0 for black. */
function coloursOf(samples: Samples): Float64Array {
  const [red, green, blue] = [0, 1, 2].map((channel) => channelOf(samples, channel));
  return Float64Array.from(red!, (value, at) => (value * 256 + green![at]!) * 256 + blue![at]!);
}

function blueOf(colour: number): number {
  return colour % 256;
}

function checkSizes(name: string, pictures: readonly Samples[]): void {
  const sizes = new Set(pictures.map(({ width, height }) => `${width} x ${height}`));
  if (sizes.size === 1) return;
  throw new DatasetError(
    "FIELD_SIZES_DIFFER",
    `The image and the masks of the field ${name} have different sizes: ${[...sizes].join(", ")}. The archive is not the ` +
      "one that was published: delete it and fetch it again.",
  );
}
