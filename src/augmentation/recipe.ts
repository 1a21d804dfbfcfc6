import type { BlurRanges } from "./blur.ts";
import type { BrightnessRanges } from "./brightness.ts";
import type { ContrastRanges } from "./contrast.ts";
import type { ElasticRanges } from "./elastic.ts";
import type { FlipRanges } from "./flip.ts";
import type { GammaRanges } from "./gamma.ts";
import type { NoiseRanges } from "./noise.ts";
import type { RotationRanges } from "./rotation.ts";
import type { ScalingRanges } from "./scaling.ts";
import type { ShearRanges } from "./shear.ts";
import type { StainRanges } from "./stain.ts";
import type { TranslationRanges } from "./translation.ts";

/** What may be varied and how far; a transform that is left out is not done. */
export interface AugmentationRecipe {
  readonly rotation?: RotationRanges;
  readonly flip?: FlipRanges;
  readonly scaling?: ScalingRanges;
  readonly shear?: ShearRanges;
  readonly translation?: TranslationRanges;
  readonly elastic?: ElasticRanges;
  readonly blur?: BlurRanges;
  readonly contrast?: ContrastRanges;
  readonly brightness?: BrightnessRanges;
  readonly stain?: StainRanges;
  readonly gamma?: GammaRanges;
  readonly noise?: NoiseRanges;
}

export const NO_AUGMENTATION: AugmentationRecipe = {};

/**
 * Wei et al. 2022: random rotation, horizontal flip, vertical flip, random scaling. The paper gives no ranges:
 * any angle, flips at even odds and a scale of 0.8 to 1.2 are ours.
 */
export const PAPER_RECIPE: AugmentationRecipe = {
  rotation: { degrees: [0, 360] },
  flip: { horizontalProbability: 0.5, verticalProbability: 0.5 },
  scaling: { factor: [0.8, 1.2] },
};

/**
 * A new variant of every image in every epoch. Small shears and shifts and mild exposure changes on top of the
 * paper's: large ones would push a micronucleus out of view or below the visible contrast, and so make labels wrong.
 */
export const ONLINE_RECIPE: AugmentationRecipe = {
  rotation: { degrees: [0, 360] },
  flip: { horizontalProbability: 0.5, verticalProbability: 0.5 },
  scaling: { factor: [0.85, 1.15] },
  shear: { degrees: [-5, 5] },
  translation: { x: [-0.04, 0.04], y: [-0.04, 0.04] },
  contrast: { factor: [0.85, 1.15] },
  brightness: { factor: [0.85, 1.15] },
};

/**
 * ONLINE_RECIPE with what differs from microscope to microscope: focus (a third stays as sharp as it is), the camera's and the
 * preparation's tone curve, exposure, and the size of the window about the nucleus.
 */
export const MICROSCOPES_RECIPE: AugmentationRecipe = {
  ...ONLINE_RECIPE,
  scaling: { factor: [0.8, 1.25] },
  // Pixels of 224 x 224 images; below 0 is none.
  blur: { sigmaPixels: [-0.75, 1.5] },
  contrast: { factor: [0.75, 1.25] },
  brightness: { factor: [0.75, 1.25] },
  gamma: { exponent: [0.7, 1.4] },
};

/** ONLINE_RECIPE with elastic deformation, for 224 x 224 images; it takes about twice the time. */
export const ONLINE_ELASTIC_RECIPE: AugmentationRecipe = {
  ...ONLINE_RECIPE,
  elastic: { amplitudePixels: [0, 3], smoothnessPixels: [16, 24] },
};
