import type { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import { type Affine, composeAffine, IDENTITY, invertAffine, isIdentity } from "./affine.ts";
import { type Blur, blurImage, drawBlur } from "./blur.ts";
import { type Brightness, drawBrightness } from "./brightness.ts";
import { type Contrast, drawContrast } from "./contrast.ts";
import { drawElastic, type Elastic, elasticField } from "./elastic.ts";
import { drawFlip, type Flip, flipAffine } from "./flip.ts";
import { drawGamma, type Gamma } from "./gamma.ts";
import { changeIntensity } from "./intensity.ts";
import { addNoise, drawNoise, type Noise } from "./noise.ts";
import type { AugmentationRecipe } from "./recipe.ts";
import { resampleImage } from "./resample.ts";
import { drawRotation, type Rotation, rotationAffine } from "./rotation.ts";
import { drawScaling, type Scaling, scalingAffine } from "./scaling.ts";
import { drawShear, type Shear, shearAffine } from "./shear.ts";
import { drawStain, type Stain } from "./stain.ts";
import { drawTranslation, type Translation, translationAffine } from "./translation.ts";

/** The drawn parameters of one variant of an image: plain data, to be applied, logged as JSON or applied again. */
export interface Augmentation {
  readonly rotation?: Rotation;
  readonly flip?: Flip;
  readonly scaling?: Scaling;
  readonly shear?: Shear;
  readonly translation?: Translation;
  readonly elastic?: Elastic;
  readonly blur?: Blur;
  readonly contrast?: Contrast;
  readonly brightness?: Brightness;
  readonly stain?: Stain;
  readonly gamma?: Gamma;
  readonly noise?: Noise;
}

/** Draws the parameters of every transform of the recipe, in the order of the type above. */
export function drawAugmentation(stream: RandomStream, recipe: AugmentationRecipe): Augmentation {
  return {
    ...(recipe.rotation && { rotation: drawRotation(stream, recipe.rotation) }),
    ...(recipe.flip && { flip: drawFlip(stream, recipe.flip) }),
    ...(recipe.scaling && { scaling: drawScaling(stream, recipe.scaling) }),
    ...(recipe.shear && { shear: drawShear(stream, recipe.shear) }),
    ...(recipe.translation && { translation: drawTranslation(stream, recipe.translation) }),
    ...(recipe.elastic && { elastic: drawElastic(stream, recipe.elastic) }),
    ...(recipe.blur && { blur: drawBlur(stream, recipe.blur) }),
    ...(recipe.contrast && { contrast: drawContrast(stream, recipe.contrast) }),
    ...(recipe.brightness && { brightness: drawBrightness(stream, recipe.brightness) }),
    ...(recipe.stain && { stain: drawStain(stream, recipe.stain) }),
    ...(recipe.gamma && { gamma: drawGamma(stream, recipe.gamma) }),
    ...(recipe.noise && { noise: drawNoise(stream, recipe.noise) }),
  };
}

/**
 * The variant of an image that the parameters describe: same size, same bytes for the same arguments; the image
 * itself where nothing changes.
 *
 * Rotation, flip, scaling, shear and translation (in this order) are one affine map, which together with the elastic
 * field takes one bilinear pass, so that quality is lost once. Then blur, the intensity changes (one table), noise.
 */
export function applyAugmentation(image: RasterImage, augmentation: Augmentation): RasterImage {
  const moved = applyGeometry(image, augmentation);
  const blurred = augmentation.blur ? blurImage(moved, augmentation.blur) : moved;
  const changed = changeIntensity(blurred, augmentation);
  return augmentation.noise ? addNoise(changed, augmentation.noise) : changed;
}

function applyGeometry(image: RasterImage, augmentation: Augmentation): RasterImage {
  const map = geometryAffine(augmentation, image.width, image.height);
  const { elastic } = augmentation;
  if (!elastic && isIdentity(map)) return image;
  const field = elastic && elasticField(elastic, image.width, image.height);
  return resampleImage(image, invertAffine(map), field);
}

/** Where a point of the image goes (before the elastic field): masks and coordinates follow by the same map. */
export function geometryAffine(augmentation: Augmentation, width: number, height: number): Affine {
  const { rotation, flip, scaling, shear, translation } = augmentation;
  const steps = [
    rotation && rotationAffine(rotation),
    flip && flipAffine(flip),
    scaling && scalingAffine(scaling),
    shear && shearAffine(shear),
    translation && translationAffine(translation, width, height),
  ];
  return steps.filter((step) => step !== undefined).reduce<Affine>(composeAffine, IDENTITY);
}
