import type { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import type { DapiAppearance, Look } from "./appearance.ts";
import { addChromatin, coverage, layDebris, type Textures, visitNear } from "./layers.ts";
import { distanceFrom } from "./outline.ts";
import { blurPlane, createPlane, drawTexture, type Plane, unitPixels } from "./plane.ts";
import type { Scene } from "./scene.ts";

/**
 * A fluorescence picture of a scene, grey: light in proportion to the DNA, blurred by the optics, with the noise of
 * counted photons (variance = signal / photons) and of the camera.
 */
export function paintDapi(stream: RandomStream, scene: Scene, look: Look<DapiAppearance>, side: number): RasterImage {
  const light = layLight(stream, scene, look, side);
  const focused = blurPlane(light, look.blurSigma * unitPixels(side));
  const debris = layDebris(side, scene.debris);
  for (let index = 0; index < side * side; index++) focused.values[index]! += debris.values[index]!;
  return expose(stream, focused, look.appearance);
}

/** Light before the optics, 1 for a smooth typical nucleus. */
function layLight(
  stream: RandomStream,
  scene: Scene,
  { appearance, chromatinStrength, cytoplasmStrength }: Look<DapiAppearance>,
  side: number,
): Plane {
  const unit = unitPixels(side);
  const textures: Textures = {
    coarse: drawTexture(stream, side, 6 * unit),
    medium: drawTexture(stream, side, 2.2 * unit),
    fine: drawTexture(stream, side, 1.1 * unit),
  };
  const light = createPlane(side);
  addAutofluorescence(light, scene, textures.coarse, appearance.autofluorescence * cytoplasmStrength);
  for (const cell of [scene.cell, ...scene.neighbours]) {
    // Cells in other phases of their cycle have other amounts of DNA.
    const relative = cell === scene.cell ? 1 : Math.exp(stream.normal(0, 0.25));
    addChromatin(light, cell, {
      softness: 2 * unit,
      density: chromatinStrength * relative,
      chromatinAt: (index, depth, radius) => chromatinAmount(textures, index, depth / radius, appearance.chromatin),
      nucleolus: 0.75,
    });
  }
  return light;
}

/** Uneven chromatin with bright foci, in a nucleus that is thinner towards its edge; depth in radii. */
function chromatinAmount({ coarse, medium, fine }: Textures, index: number, depth: number, contrast: number): number {
  const slope = 1 - Math.min(1, depth / 0.6);
  const thickness = 0.7 + 0.3 * Math.sqrt(1 - slope * slope);
  const foci = Math.max(0, medium.values[index]! - 1.2);
  const texture = 0.07 * coarse.values[index]! + 0.1 * medium.values[index]! + 0.07 * fine.values[index]! + 0.2 * foci;
  return thickness * Math.max(0.2, 1 + contrast * texture);
}

function addAutofluorescence({ side, values }: Plane, scene: Scene, coarse: Plane, level: number): void {
  const unit = unitPixels(side);
  for (const { cytoplasm } of [scene.cell, ...scene.neighbours])
    visitNear(side, [cytoplasm], distanceFrom(cytoplasm), 8 * unit, (index, away) => {
      values[index]! += level * coverage(away, 16 * unit) * (1 + 0.25 * coarse.values[index]!);
    });
}

/** From light to grey levels: noise, then background and gain. */
function expose(stream: RandomStream, { side, values }: Plane, appearance: DapiAppearance): RasterImage {
  const { background, peak, photons, readNoise } = appearance;
  const noise = drawTexture(stream, side, appearance.grain * unitPixels(side));
  // Photons of the background count too.
  const dark = background / peak;
  const data = Uint8ClampedArray.from(values, (value, index) => {
    const deviation = Math.sqrt((Math.max(0, value) + dark) / photons + readNoise ** 2);
    return background + (peak - background) * (value + deviation * noise.values[index]!);
  });
  return { width: side, height: side, channels: 1, data: new Uint8Array(data.buffer) };
}
