import type { PixelBox } from "../images/crop.ts";
import type { InstanceMask } from "../images/mask.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import type { Samples } from "../images/samples.ts";
import { applyWindow } from "../images/window.ts";
import type { AnnotatedField } from "./annotated-field.ts";
import {
  type Background,
  type MeasuredObject,
  measureBackground,
  measureObjects,
  medianAround,
  medianOf,
  percentileOf,
  solidityOf,
} from "./measure-objects.ts";

export type CellLabel = "mn" | "normal" | "ambiguous";

/** A micronucleus as the window of a cell shows it. */
export interface MicronucleusInView {
  readonly object: MeasuredObject;
  /** Share of its pixels that lie in the window, 0..1. */
  readonly share: number;
  readonly pixelsInView: number;
  /** Its brightness above its surroundings over the nucleus' brightness above the background. */
  readonly contrast: number;
}

/** What is known about a cell when its label is decided. */
export interface CellObservation {
  readonly nucleus: MeasuredObject;
  /** All micronuclei that belong to the cell, in view or not. */
  readonly own: readonly MicronucleusInView[];
  /** How many micronuclei of other cells, or of none, are in view. */
  readonly foreign: number;
  readonly otherNuclei: number;
  readonly solidity: number;
  /** Brightness above the background over the median of the field's nuclei. */
  readonly relativeIntensity: number;
  /** (mean of the nucleus - background) / noise of the background. */
  readonly signalToNoise: number;
}

export interface CutCell extends CellObservation {
  readonly id: number;
  readonly label: CellLabel;
  readonly window: PixelBox;
  /** Grey, SIDE x SIDE. */
  readonly image: RasterImage;
  /** The cell's own micronuclei, SIDE x SIDE. */
  readonly mask: InstanceMask;
}

export type LabelRule = (cell: CellObservation) => CellLabel;

/** Pixels of a cut cell's side. */
export const SIDE = 112;
/** Window side in equivalent diameters (of a disc with the same area) of the field's median nucleus. */
const DIAMETERS = 2.6;
/** A nucleus longer than this share of the window gets a window of 1.25 times its length. */
const LONGEST_IN_WINDOW = 0.9;
const LONG_NUCLEUS_MARGIN = 1.25;
/** Left out: a nucleus longer than so many windows, smaller than this share of the median, or fainter than this. */
const LONGEST_IN_FIELD = 1.6;
const SMALLEST_NUCLEUS = 0.25;
const LEAST_SIGNAL_TO_NOISE = 3;
/** Closer to the border than this many pixels a nucleus counts as cut off. */
const BORDER = 1;
/** Surroundings of a micronucleus, in pixels. */
const SURROUNDINGS = 3;

/**
 * Cuts the cells of a field: one window for each whole, visible nucleus, windowed by its own brightness, resized to SIDE x SIDE.
 * 0 is the 1st percentile of the field, 255 is 1.1 times the 99.5th percentile of the nucleus.
 */
export function cutField(field: AnnotatedField, labelOf: LabelRule): CutCell[] {
  const nuclei = measureObjects(field.nuclei, field.grey);
  if (nuclei.size === 0) return [];
  const micronuclei = measureObjects(field.micronuclei, field.grey);
  const background = measureBackground(field);
  const areas = [...nuclei.values()].map(({ area }) => area);
  const brightness = medianOf([...nuclei.values()].map(({ mean }) => mean)) - background.median;
  const side = windowSide(medianOf(areas));
  const black = percentileOf(field.grey.data, 1);
  return [...nuclei.values()]
    .filter((nucleus) => isUsable(nucleus, field, medianOf(areas), side, background))
    .map((nucleus) => {
      const window = windowAround(nucleus, side, field.nuclei);
      const cell = observe(nucleus, window, field, micronuclei, background, brightness);
      return {
        ...cell,
        id: nucleus.id,
        label: labelOf(cell),
        window,
        image: cutImage(field, nucleus, window, black),
        mask: cutMask(field, nucleus.id, window),
      };
    });
}

/** The even number nearest to DIAMETERS equivalent diameters. */
function windowSide(medianArea: number): number {
  return 2 * Math.round((DIAMETERS * Math.sqrt((4 * medianArea) / Math.PI)) / 2);
}

function lengthOf({ left, right, top, bottom }: MeasuredObject): number {
  return Math.max(right - left, bottom - top);
}

function isUsable(
  nucleus: MeasuredObject,
  { nuclei: { width, height } }: AnnotatedField,
  medianArea: number,
  side: number,
  background: Background,
): boolean {
  const isCutOff =
    nucleus.left <= BORDER ||
    nucleus.top <= BORDER ||
    nucleus.right >= width - BORDER ||
    nucleus.bottom >= height - BORDER;
  return (
    !isCutOff &&
    nucleus.area >= SMALLEST_NUCLEUS * medianArea &&
    lengthOf(nucleus) <= LONGEST_IN_FIELD * side &&
    (nucleus.mean - background.median) / background.noise >= LEAST_SIGNAL_TO_NOISE
  );
}

/** Square around the nucleus' bounding box, shifted into the field; as large as the field where that is smaller. */
function windowAround(nucleus: MeasuredObject, side: number, { width, height }: InstanceMask): PixelBox {
  const length = lengthOf(nucleus);
  const wanted = length > LONGEST_IN_WINDOW * side ? 2 * Math.floor((LONG_NUCLEUS_MARGIN * length) / 2) : side;
  const size = Math.min(wanted, width, height);
  const place = (low: number, high: number, limit: number): number =>
    Math.min(Math.max(Math.floor((low + high - size) / 2), 0), limit - size);
  const left = place(nucleus.left, nucleus.right, width);
  const top = place(nucleus.top, nucleus.bottom, height);
  return { left, top, width: size, height: size };
}

function observe(
  nucleus: MeasuredObject,
  window: PixelBox,
  field: AnnotatedField,
  micronuclei: ReadonlyMap<number, MeasuredObject>,
  background: Background,
  medianBrightness: number,
): CellObservation {
  const brightness = nucleus.mean - background.median;
  const own = [...micronuclei.values()].filter(({ id }) => field.parentOf.get(id) === nucleus.id);
  const pixels = numbersInWindow(field.micronuclei, window);
  return {
    nucleus,
    own: own.map((object) => {
      const pixelsInView = pixels.get(object.id) ?? 0;
      const surroundings = medianAround(object, field, SURROUNDINGS, background.median);
      const contrast = (object.mean - surroundings) / brightness;
      return { object, pixelsInView, share: pixelsInView / object.area, contrast };
    }),
    foreign: [...pixels.keys()].filter((id) => field.parentOf.get(id) !== nucleus.id).length,
    otherNuclei: numbersInWindow(field.nuclei, window).size - 1,
    solidity: solidityOf(nucleus, field.nuclei.width),
    relativeIntensity: brightness / medianBrightness,
    signalToNoise: brightness / background.noise,
  };
}

/** Pixels in the window of each object that has any there. */
function numbersInWindow({ width, data }: InstanceMask, window: PixelBox): Map<number, number> {
  const counts = new Map<number, number>();
  for (let y = window.top; y < window.top + window.height; y++) {
    for (let x = window.left; x < window.left + window.width; x++) {
      const id = data[y * width + x]!;
      if (id !== 0) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

function cutImage({ grey }: AnnotatedField, nucleus: MeasuredObject, window: PixelBox, black: number): RasterImage {
  const shades = grey.data.slice(0, nucleus.area);
  for (const [index, at] of nucleus.pixels.entries()) shades[index] = grey.data[at]!;
  const white = Math.max(1.1 * percentileOf(shades, 99.5), black + 1);
  const data = applyWindow(valuesInWindow(grey, window), { low: black, high: white });
  return resizeImage({ width: window.width, height: window.height, channels: 1, data }, SIDE, SIDE);
}

function valuesInWindow({ width, data }: Samples, window: PixelBox): Samples["data"] {
  const values = data.slice(0, window.width * window.height);
  for (let y = 0; y < window.height; y++) {
    const from = (window.top + y) * width + window.left;
    values.set(data.subarray(from, from + window.width), y * window.width);
  }
  return values;
}

/** The nearest pixel's number, so that no number arises that names no micronucleus. */
function cutMask({ micronuclei, parentOf }: AnnotatedField, cell: number, window: PixelBox): InstanceMask {
  const data = new Uint16Array(SIDE * SIDE);
  const from = (index: number): number => Math.floor(((index + 0.5) * window.width) / SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const id = micronuclei.data[(window.top + from(y)) * micronuclei.width + window.left + from(x)]!;
      if (parentOf.get(id) === cell) data[y * SIDE + x] = id;
    }
  }
  return { width: SIDE, height: SIDE, data };
}
