import type { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import type { GiemsaAppearance, Look } from "./appearance.ts";
import type { DrawnCell } from "./cell-shape.ts";
import { addChromatin, coverage, layDebris, type Textures, visitNear } from "./layers.ts";
import { nucleusDistance } from "./nucleus.ts";
import { distanceFrom } from "./outline.ts";
import { blurPlane, createPlane, drawTexture, type Plane, unitPixels } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** Optical density of precipitated dye in red, green and blue: nearly black, bluish. */
const DEBRIS_DENSITY = [1.35, 1.4, 0.8] as const;

/** Blue light is focused a little worse than green, for which the optics are corrected. */
const RELATIVE_BLUR = [1.05, 1, 1.2] as const;

/** Amounts of dye at every pixel, 1 for a typical nucleus and for typical cytoplasm, and the bright line around a cell. */
interface DyeLayers {
  readonly chromatin: Plane;
  readonly cytoplasm: Plane;
  readonly halo: Plane;
}

/**
 * A bright-field picture of a scene, RGB. Light passes the dyes by Beer and Lambert's law, in each channel
 *
 *   transmitted = light * exp(-(chromatin * nuclearDensity + cytoplasm * cytoplasmDensity))
 *
 * and is blurred by the optics; debris takes its part with a sharpness of its own; the camera adds noise, most of it
 * the same in all three channels.
 */
export function paintGiemsa(
  stream: RandomStream,
  scene: Scene,
  look: Look<GiemsaAppearance>,
  side: number,
): RasterImage {
  const { appearance } = look;
  const layers = layDyes(stream, scene, look, side);
  const debris = layDebris(side, scene.debris);
  const uneven = drawIllumination(stream, side);
  const grain = 0.5 * unitPixels(side);
  const sharedNoise = drawTexture(stream, side, grain);
  const data = new Uint8ClampedArray(3 * side * side);
  for (const channel of [0, 1, 2] as const) {
    const transmitted = transmitLight(layers, look, channel);
    const ownNoise = drawTexture(stream, side, grain);
    for (let index = 0; index < side * side; index++) {
      const passing = transmitted.values[index]! * Math.exp(-debris.values[index]! * DEBRIS_DENSITY[channel]);
      const noise = appearance.noise * (0.8 * sharedNoise.values[index]! + 0.6 * ownNoise.values[index]!);
      data[3 * index + channel] = appearance.light[channel] * uneven.values[index]! * passing + noise;
    }
  }
  return { width: side, height: side, channels: 3, data: new Uint8Array(data.buffer) };
}

function layDyes(
  stream: RandomStream,
  scene: Scene,
  { appearance, chromatinStrength, cytoplasmStrength }: Look<GiemsaAppearance>,
  side: number,
): DyeLayers {
  const unit = unitPixels(side);
  const textures: Textures = {
    coarse: drawTexture(stream, side, 5 * unit),
    medium: drawTexture(stream, side, 2 * unit),
    fine: drawTexture(stream, side, 0.9 * unit),
  };
  const layers = { chromatin: createPlane(side), cytoplasm: createPlane(side), halo: createPlane(side) };
  for (const cell of [scene.cell, ...scene.neighbours]) {
    addChromatin(layers.chromatin, cell, {
      softness: 1.6 * unit,
      density: chromatinStrength,
      chromatinAt: (index, depth) => chromatinAmount(textures, index, depth / unit, appearance.chromatin),
      nucleolus: 0.68,
    });
    addCytoplasm(layers, cell, textures, appearance, cytoplasmStrength);
  }
  return layers;
}

/** Clumps of dense chromatin between paler channels, and a slightly denser layer below the envelope; depth in units. */
function chromatinAmount({ coarse, medium, fine }: Textures, index: number, depth: number, contrast: number): number {
  const broad = 0.5 * coarse.values[index]! + 0.8 * medium.values[index]!;
  const clumps = Math.tanh(1.3 * broad) + 0.45 * fine.values[index]!;
  const envelope = 0.12 * Math.exp(-(((depth - 1.5) / 1.5) ** 2));
  const thickness = 0.9 + 0.1 * Math.min(1, depth / 5);
  return Math.max(0.25, thickness + envelope + 0.2 * contrast * clumps);
}

/** Granular cytoplasm with its rim, its court around the nuclei and its vacuoles, and the line of refraction outside. */
function addCytoplasm(
  { cytoplasm: plane, halo }: DyeLayers,
  cell: DrawnCell,
  { coarse, medium, fine }: Textures,
  { rim, court }: GiemsaAppearance,
  strength: number,
): void {
  const { side } = plane;
  const unit = unitPixels(side);
  const nuclei = cell.nuclei.map(nucleusDistance);
  const vacuoles = cell.vacuoles.map(distanceFrom);
  visitNear(side, [cell.cytoplasm], distanceFrom(cell.cytoplasm), 4 * unit, (index, away) => {
    const [x, y] = [index % side, Math.floor(index / side)];
    const depth = -away / unit;
    const grain = 1 + 0.13 * coarse.values[index]! + 0.1 * medium.values[index]! + 0.08 * fine.values[index]!;
    const atRim = 1 + rim * Math.exp(-Math.max(0, depth) / 4);
    const fromNuclei = Math.max(0, Math.min(...nuclei.map((distance) => distance(x, y)))) / unit;
    const inCourt = 1 + court * Math.exp(-fromNuclei / 5);
    const filled = vacuoles.reduce((rest, distance) => rest * (1 - 0.6 * coverage(distance(x, y), 1.5 * unit)), 1);
    const amount = strength * coverage(away, 3.2 * unit) * grain * atRim * inCourt * filled;
    // Touching cells press against each other: their cytoplasm does not add up.
    plane.values[index] = Math.max(plane.values[index]!, amount);
    halo.values[index] = Math.max(halo.values[index]!, Math.exp(-(((depth + 1.8) / 1.2) ** 2)));
  });
}

/** The light that passes cells and optics in one channel, about 1 where there is no cell. */
function transmitLight(layers: DyeLayers, look: Look<GiemsaAppearance>, channel: 0 | 1 | 2): Plane {
  const { chromatin, cytoplasm, halo } = layers;
  const nuclearDensity = look.appearance.nuclearDensity[channel];
  const cytoplasmDensity = look.appearance.cytoplasmDensity[channel];
  const values = chromatin.values.map((amount, index) => {
    const density = amount * nuclearDensity + cytoplasm.values[index]! * cytoplasmDensity;
    return (1 + 0.02 * halo.values[index]!) * Math.exp(-density);
  });
  const { side } = chromatin;
  return blurPlane({ side, values }, look.blurSigma * unitPixels(side) * RELATIVE_BLUR[channel]);
}

/** Slightly uneven light: a gradient across the window and broad clouds of dye in the background, about 1. */
function drawIllumination(stream: RandomStream, side: number): Plane {
  const clouds = drawTexture(stream, side, side / 5);
  const angle = stream.uniform(0, 2 * Math.PI);
  const slope = stream.uniform(0, 0.05);
  const values = clouds.values.map((cloud, index) => {
    const x = (index % side) / side - 0.5;
    const y = Math.floor(index / side) / side - 0.5;
    return 1 + 0.008 * cloud - slope * (x * Math.cos(angle) + y * Math.sin(angle));
  });
  return { side, values };
}
