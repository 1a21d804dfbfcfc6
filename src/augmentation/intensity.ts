import type { RasterImage } from "../images/raster.ts";
import { type Brightness, brighten } from "./brightness.ts";
import { type Contrast, changeContrast } from "./contrast.ts";
import { applyGamma, type Gamma } from "./gamma.ts";
import { restain, type Stain } from "./stain.ts";

/** Changes of the values alone, in the order in which they are applied. */
export interface IntensityChanges {
  readonly contrast?: Contrast;
  readonly brightness?: Brightness;
  readonly stain?: Stain;
  readonly gamma?: Gamma;
}

/** All intensity changes at once, through one table of 256 values for each channel: rounded and clipped once. */
export function changeIntensity(image: RasterImage, changes: IntensityChanges): RasterImage {
  if (!changes.contrast && !changes.brightness && !changes.stain && !changes.gamma) return image;
  const mean = changes.contrast ? meanOf(image.data) / 255 : 0;
  const data = new Uint8Array(image.data.length);
  for (let channel = 0; channel < image.channels; channel++) {
    const table = Uint8ClampedArray.from({ length: 256 }, (_, value) =>
      Math.round(255 * changedValue(value / 255, channel, mean, changes)),
    );
    for (let index = channel; index < data.length; index += image.channels) data[index] = table[image.data[index]!]!;
  }
  return { ...image, data };
}

function changedValue(value: number, channel: number, mean: number, changes: IntensityChanges): number {
  let changed = value;
  if (changes.contrast) changed = changeContrast(changes.contrast, changed, mean);
  if (changes.brightness) changed = brighten(changes.brightness, changed);
  if (changes.stain) changed = restain(changes.stain, changed, channel);
  if (changes.gamma) changed = applyGamma(changes.gamma, changed);
  return changed;
}

function meanOf(data: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < data.length; index++) sum += data[index]!;
  return sum / data.length;
}
