import { type OcclusionResult, occlude } from "../explanation/occlusion.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import type { AskedCell } from "./asked-cell.ts";
import { BoundedCache, remembered } from "./bounded-cache.ts";
import type { Explainer } from "./explainer.ts";
import { readPicture } from "./tile.ts";

/** Results that are kept: the map is asked for after its numbers. */
const KEPT = 500;

/** Occlusion of cells' pictures, computed when it is asked for. */
export class Occlusions {
  readonly #explainer: Explainer;
  readonly #maxPixels: number;
  readonly #kept = new BoundedCache<Promise<OcclusionResult>>(KEPT);

  constructor(explainer: Explainer, maxPixels: number) {
    this.#explainer = explainer;
    this.#maxPixels = maxPixels;
  }

  /** Throws what reading the picture throws. */
  async of(asked: AskedCell): Promise<OcclusionResult> {
    const key = `${asked.model.id} ${asked.cell.id} ${asked.threshold}`;
    return await remembered(this.#kept, key, () => this.#compute(asked));
  }

  async #compute({ cell, model, threshold }: AskedCell): Promise<OcclusionResult> {
    const picture = await readPicture(cell, { maxPixels: this.#maxPixels });
    const side = await this.#explainer.sideOf(model);
    const probabilitiesOf = async (images: readonly RasterImage[]) => {
      const looks = await Promise.all(images.map(async (image) => await this.#explainer.look(model, image)));
      return looks.map(({ probability }) => probability);
    };
    return await occlude(resizeImage(picture, side, side), probabilitiesOf, threshold);
  }
}
