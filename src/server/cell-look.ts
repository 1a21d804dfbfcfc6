import type { AttentionMap } from "../engine/classifier-session.ts";
import { mapsToShow } from "../explanation/attention-image.ts";
import type { DecodedImage } from "../images/decode.ts";
import { BoundedCache, remembered } from "./bounded-cache.ts";
import type { Explainer, ModelSource } from "./explainer.ts";
import { type CellPicture, readPicture } from "./tile.ts";

/** What a model sees in a cell's picture. */
export interface CellLook {
  readonly probability: number;
  readonly image: { readonly width: number; readonly height: number; readonly bits: number; readonly grey: boolean };
  /** By the names that addresses have: `evidence` (what speaks for micronuclei), `layer6`, `layer5`. */
  readonly maps: ReadonlyMap<string, AttentionMap>;
}

/** Looks that are kept; each is a few kilobytes. */
const KEPT_LOOKS = 5_000;

/** Looks at cells with models and remembers what was seen: pictures and models do not change. */
export class CellLooks {
  readonly #explainer: Explainer;
  readonly #maxPixels: number;
  readonly #kept = new BoundedCache<Promise<CellLook>>(KEPT_LOOKS);

  constructor(explainer: Explainer, maxPixels: number) {
    this.#explainer = explainer;
    this.#maxPixels = maxPixels;
  }

  /** Throws what reading the picture throws. */
  async look(model: ModelSource, picture: CellPicture): Promise<CellLook> {
    return await remembered(this.#kept, `${model.id} ${picture.id}`, () => this.#see(model, picture));
  }

  async #see(model: ModelSource, picture: CellPicture): Promise<CellLook> {
    const image = await readPicture(picture, { maxPixels: this.#maxPixels });
    const look = await this.#explainer.look(model, image);
    return { probability: look.probability, image: sizeOf(image), maps: namedMaps(mapsToShow(look)) };
  }
}

function sizeOf({ width, height, bitDepth, channels }: DecodedImage): CellLook["image"] {
  return { width, height, bits: bitDepth, grey: channels === 1 };
}

/** The evidence first, then the deepest layer. */
function namedMaps(maps: Readonly<Record<string, AttentionMap>>): Map<string, AttentionMap> {
  const named = Object.entries(maps).map(([output, map]) => [mapNameOf(output), map] as const);
  const depth = (name: string) => (name === "evidence" ? Number.POSITIVE_INFINITY : Number(name.replace(/\D+/g, "")));
  return new Map(named.sort(([one], [other]) => depth(other) - depth(one)));
}

/** `layer6` for the model's output `attention_6`. */
export function mapNameOf(output: string): string {
  return output.replace(/^attention_/, "layer");
}
