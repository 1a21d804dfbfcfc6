import { UsageError } from "../core/errors.ts";
import type { AttentionMap } from "../engine/classifier-session.ts";
import { rangeOf, type ScaleRange } from "../explanation/attention-image.ts";
import { paintLayer } from "../explanation/map-layer.ts";
import { sharp } from "../images/sharp.ts";
import type { CellMap } from "./api/explanation.ts";
import { type AskedCell, mapVersion } from "./asked-cell.ts";

/** Name of the map of what covering takes off the probability. */
export const OCCLUSION = "occlusion";

const PNG_COMPRESSION = 3;

/** What is told of a map, with the address of its picture. */
export function mapAnswer(asked: AskedCell, name: string, map: AttentionMap): CellMap {
  const { low, high } = rangeOf(map);
  // Where nothing speaks for micronuclei there is no place that speaks most.
  const hasPeak = high > 0 && high > low;
  return {
    name,
    title: titleOf(name),
    url: `/api/cells/${asked.cell.id}/maps/${name}?v=${mapVersion(asked)}`,
    peak: hasPeak ? placeOf(map, high) : null,
    minimum: low,
    maximum: high,
  };
}

function titleOf(name: string): string {
  if (name === "evidence") return "Evidence for micronuclei";
  if (name === OCCLUSION) return "What covering takes off the probability";
  return `Attention, layer ${name.replace(/^layer/, "")}`;
}

/** The middle of the place with this value, 0 to 1 from the left and the top. */
function placeOf({ width, height, data }: AttentionMap, value: number): NonNullable<CellMap["peak"]> {
  const place = data.indexOf(value);
  return { x: ((place % width) + 0.5) / width, y: (Math.floor(place / width) + 0.5) / height, value };
}

/** A map as a PNG with opacity, side x side pixels, to be laid over the cell's picture. Throws MAP_MISSING for none. */
export async function encodeMap(name: string, map: AttentionMap | undefined, side: number): Promise<Uint8Array> {
  if (map === undefined)
    throw new UsageError(
      "MAP_MISSING",
      `The model has no map "${name}". The cell's explanation lists those that it has.`,
    );
  const data = paintLayer(map, side, side, rangeShown(name, map));
  const raw = { width: side, height: side, channels: 4 } as const;
  return await sharp(data, { raw }).png({ compressionLevel: PNG_COMPRESSION }).toBuffer();
}

/** Attention is shown over its own range; evidence and occlusion from nothing on, so that only what counts has colour. */
function rangeShown(name: string, map: AttentionMap): ScaleRange {
  const range = rangeOf(map);
  return name.startsWith("layer") ? range : { low: 0, high: Math.max(range.high, 0) };
}
