import type { RasterImage } from "../images/raster.ts";

/**
 * Capital letters of 5 x 7 dots, seven rows from the top; a digit of base 32 is a row, its highest bit the left dot. Drawn
 * here because fonts differ from machine to machine, and the same input shall give the same bytes.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  "0": "ehjlphe",
  "1": "4c4444e",
  "2": "eh1248v",
  "3": "v2421he",
  "4": "26aiv22",
  "5": "vgu11he",
  "6": "68guhhe",
  "7": "v124888",
  "8": "ehhehhe",
  "9": "ehhf12c",
  A: "ehhvhhh",
  B: "uhhuhhu",
  C: "ehggghe",
  D: "uhhhhhu",
  E: "vgguggv",
  F: "vgguggg",
  G: "ehgnhhf",
  H: "hhhvhhh",
  I: "e44444e",
  J: "72222ic",
  K: "hikokih",
  L: "ggggggv",
  M: "hrllhhh",
  N: "hhpljhh",
  O: "ehhhhhe",
  P: "uhhuggg",
  Q: "ehhhlid",
  R: "uhhukih",
  S: "fgge11u",
  T: "v444444",
  U: "hhhhhhe",
  V: "hhhhha4",
  W: "hhhllla",
  X: "hha4ahh",
  Y: "hha4444",
  Z: "v1248gv",
  " ": "0000000",
  ".": "00000cc",
  ",": "0000448",
  ":": "0cc0cc0",
  "-": "000e000",
  "+": "044v440",
  "=": "00v0v00",
  "<": "248g842",
  ">": "8421248",
  "(": "2488842",
  ")": "8422248",
  "/": "0124880",
  "%": "op248j3",
  _: "000000v",
};
/** Stands for every character that is not there. */
const UNKNOWN = "vhhhhhv";

const [COLUMNS, ROWS] = [5, 7];

export type Colour = readonly [red: number, green: number, blue: number];

/** Width of a text in pixels, dots being `dot` pixels wide and high. */
export function textWidth(text: string, dot: number): number {
  return Math.max(0, [...text].length * (COLUMNS + 1) - 1) * dot;
}

/** Height of a line of text in pixels. */
export function textHeight(dot: number): number {
  return ROWS * dot;
}

/** Writes capital letters into an RGB image, `left` and `top` being the text's corner; what lies outside is cut off. */
export function drawText(
  image: RasterImage,
  text: string,
  {
    left,
    top,
    dot,
    colour,
  }: { readonly left: number; readonly top: number; readonly dot: number; readonly colour: Colour },
): void {
  for (const [place, character] of [...text.toUpperCase()].entries()) {
    const glyph = GLYPHS[character] ?? UNKNOWN;
    for (let row = 0; row < ROWS; row++) {
      const dots = Number.parseInt(glyph[row] as string, 32);
      for (let column = 0; column < COLUMNS; column++) {
        if (((dots >> (COLUMNS - 1 - column)) & 1) === 0) continue;
        const x = left + (place * (COLUMNS + 1) + column) * dot;
        fillBox(image, { left: x, top: top + row * dot, width: dot, height: dot }, colour);
      }
    }
  }
}

/** Fills a rectangle of an RGB image; what lies outside is cut off. */
export function fillBox(
  image: RasterImage,
  {
    left,
    top,
    width,
    height,
  }: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  colour: Colour,
): void {
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++)
    for (let x = Math.max(0, left); x < Math.min(image.width, left + width); x++)
      image.data.set(colour, 3 * (y * image.width + x));
}
