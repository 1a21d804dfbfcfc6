import type { RandomStream } from "../core/random.ts";

/** Three values for red, green and blue. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The two kinds of picture: bright field with a purple stain, and fluorescence of the nuclei on a dark ground. */
export type Stain = "giemsa" | "dapi";

/** What the cells of one field share in bright field. Lengths in units (`unitPixels`). */
export interface GiemsaAppearance {
  readonly stain: "giemsa";
  /** The empty background, 0..255. */
  readonly light: Rgb;
  /** Optical density (natural logarithm) of a typical nucleus, and of the cytoplasm. */
  readonly nuclearDensity: Rgb;
  readonly cytoplasmDensity: Rgb;
  /** Density of the cytoplasm's rim relative to its inside. */
  readonly rim: number;
  /** The same next to the nuclei: below 0 for a pale court, above 0 for dense cytoplasm around them. */
  readonly court: number;
  /** Contrast of the chromatin's clumps. */
  readonly chromatin: number;
  readonly focusSigma: number;
  /** Grey levels. */
  readonly noise: number;
}

/** What the cells of one field share in fluorescence. Lengths in units (`unitPixels`). */
export interface DapiAppearance {
  readonly stain: "dapi";
  /** Grey level of the empty background, and of a nucleus without texture. */
  readonly background: number;
  readonly peak: number;
  /** Photons that a pixel counts in a nucleus: few make a grainy picture. */
  readonly photons: number;
  /** Noise of the camera relative to the signal of a nucleus. */
  readonly readNoise: number;
  /** Correlation length of the noise, as enlarged pictures have it. */
  readonly grain: number;
  readonly chromatin: number;
  readonly focusSigma: number;
  /** Light of the cytoplasm relative to a nucleus. */
  readonly autofluorescence: number;
}

export type FieldAppearance = GiemsaAppearance | DapiAppearance;

/** The look of one picture: its field's appearance, and how its own stain and focus differ. */
export interface Look<Appearance extends FieldAppearance> {
  readonly appearance: Appearance;
  /** Relative to the field's. */
  readonly chromatinStrength: number;
  readonly cytoplasmStrength: number;
  /** Standard deviation of the blur, in units. */
  readonly blurSigma: number;
}

/** Transmission 0.42, 0.27, 0.66: the purple of chromatin in the azure B and eosin Y complex. */
const CHROMATIN_DENSITY: Rgb = [0.86, 1.3, 0.41];
/** Transmission of cytoplasm, between pale blue (much azure) and pale pink (much eosin). */
const BLUE_CYTOPLASM: Rgb = [0.3, 0.24, 0.07];
const PINK_CYTOPLASM: Rgb = [0.14, 0.27, 0.11];

/** The look of a slide. */
export function drawAppearance(stream: RandomStream, stain: Stain): FieldAppearance {
  return stain === "giemsa" ? drawGiemsaAppearance(stream) : drawDapiAppearance(stream);
}

function drawGiemsaAppearance(stream: RandomStream): GiemsaAppearance {
  const strength = stream.uniform(0.55, 0.95);
  const pinkness = stream.uniform(0, 1);
  const hue: Rgb = [stream.uniform(0.85, 1.2), 1, stream.uniform(0.8, 1.25)];
  const cytoplasmStrength = strength * stream.uniform(0.7, 1.3);
  const brightness = stream.uniform(222, 244);
  return {
    stain: "giemsa",
    light: [brightness, brightness - stream.uniform(0, 6), brightness - stream.uniform(2, 14)],
    nuclearDensity: mapRgb((channel) => strength * CHROMATIN_DENSITY[channel] * hue[channel]),
    cytoplasmDensity: mapRgb(
      (channel) => cytoplasmStrength * ((1 - pinkness) * BLUE_CYTOPLASM[channel] + pinkness * PINK_CYTOPLASM[channel]),
    ),
    rim: stream.uniform(-0.25, 0.5),
    court: stream.uniform(-0.45, 0.3),
    chromatin: stream.uniform(0.7, 1.3),
    focusSigma: stream.uniform(0.55, 1.05),
    noise: stream.uniform(1.2, 3),
  };
}

function drawDapiAppearance(stream: RandomStream): DapiAppearance {
  return {
    stain: "dapi",
    background: stream.uniform(4, 45),
    peak: stream.uniform(125, 180),
    photons: Math.exp(stream.uniform(Math.log(40), Math.log(700))),
    readNoise: stream.uniform(0.005, 0.03),
    grain: stream.uniform(0.35, 0.8),
    chromatin: stream.uniform(0.6, 1.4),
    focusSigma: stream.uniform(0.7, 1.3),
    autofluorescence: stream.uniform(0, 0.06),
  };
}

/** The look of one field of a slide: the slide's stain, with a focus and a light of its own. */
export function varyAppearance(stream: RandomStream, slide: FieldAppearance): FieldAppearance {
  const focusSigma = slide.focusSigma * stream.uniform(0.9, 1.2);
  const light = stream.uniform(0.97, 1.03);
  if (slide.stain === "dapi") return { ...slide, focusSigma, peak: slide.peak * light };
  return { ...slide, focusSigma, light: mapRgb((channel) => Math.min(250, slide.light[channel] * light)) };
}

/** The look of one picture of a field. A `pale` one is under-stained, a `blurred` one out of focus. */
export function drawLook(
  stream: RandomStream,
  appearance: FieldAppearance,
  { pale, blurred }: { pale: boolean; blurred: boolean },
): Look<FieldAppearance> {
  const fading = appearance.stain === "giemsa" ? stream.uniform(0.55, 0.8) : stream.uniform(0.3, 0.55);
  const chromatin = Math.exp(stream.normal(0, 0.08));
  const cytoplasm = Math.exp(stream.normal(0, 0.15));
  const defocus = blurred ? stream.uniform(1.6, 3) : Math.abs(stream.normal(0, 0.2));
  return {
    appearance,
    chromatinStrength: pale ? chromatin * fading : chromatin,
    cytoplasmStrength: pale ? cytoplasm * stream.uniform(0.08, 0.3) : cytoplasm,
    blurSigma: Math.hypot(appearance.focusSigma, defocus),
  };
}

type Channel = 0 | 1 | 2;

function mapRgb(at: (channel: Channel) => number): Rgb {
  return [at(0), at(1), at(2)];
}
