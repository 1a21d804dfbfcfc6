import type { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import { drawLook, type FieldAppearance, type Look } from "./appearance.ts";
import { paintDapi } from "./dapi.ts";
import { paintGiemsa } from "./giemsa.ts";
import { type InstanceMask, maskMicronuclei, maskNuclei } from "./masks.ts";
import { drawScene, type HardCase, type Scene } from "./scene.ts";

export interface CellRequest {
  /** The look that the cells of a field share; its stain is the cell's. */
  readonly appearance: FieldAppearance;
  /** 0 to 3. */
  readonly micronuclei: number;
  readonly hardCase?: HardCase | undefined;
  /** Pixels; everything scales with it. */
  readonly side: number;
}

/** Everything that was drawn, as plain data: lengths in pixels, angles in radians. */
export interface CellParameters {
  readonly side: number;
  readonly hardCase: HardCase | null;
  readonly look: Look<FieldAppearance>;
  readonly scene: Scene;
}

export interface SyntheticCell {
  readonly image: RasterImage;
  /** The cell's own nuclei first (`parameters.scene.cell.nuclei`), then its neighbours'. */
  readonly nucleusMask: InstanceMask;
  /** The cell's own micronuclei; never a neighbour's. */
  readonly micronucleusMask: InstanceMask;
  readonly parameters: CellParameters;
}

/** Draws one cell in the middle of a square picture. Equal streams and requests give equal bytes. */
export function drawCell(
  stream: RandomStream,
  { appearance, micronuclei, hardCase, side }: CellRequest,
): SyntheticCell {
  const scene = drawScene(stream.fork("scene"), { stain: appearance.stain, side, micronuclei, hardCase });
  const look = drawLook(stream.fork("look"), appearance, { pale: hardCase === "pale", blurred: hardCase === "blur" });
  return {
    image: paint(stream.fork("paint"), scene, look, side),
    nucleusMask: maskNuclei([scene.cell, ...scene.neighbours], side),
    micronucleusMask: maskMicronuclei(scene.cell, side),
    parameters: { side, hardCase: hardCase ?? null, look, scene },
  };
}

function paint(stream: RandomStream, scene: Scene, look: Look<FieldAppearance>, side: number): RasterImage {
  const { appearance } = look;
  return appearance.stain === "giemsa"
    ? paintGiemsa(stream, scene, { ...look, appearance }, side)
    : paintDapi(stream, scene, { ...look, appearance }, side);
}
