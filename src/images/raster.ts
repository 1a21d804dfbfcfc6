/**
 * A decoded image: 8-bit samples, rows from the top, samples of one pixel side by side (height, width, channels).
 * One channel is grey; three are red, green, blue. `data` holds height * width * channels values in 0..255.
 */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}
