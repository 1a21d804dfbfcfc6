import type { RandomStream } from "../core/random.ts";
import { groupKey } from "../dataset/grouping.ts";
import type { AttentionMap } from "../engine/classifier-session.ts";
import { bootstrapIntervals, type Interval, resamplingUnits } from "../evaluation/intervals.ts";
import { upsampleMap } from "../explanation/attention-image.ts";
import {
  type Localisation,
  type LocalisationSummary,
  measureLocalisation,
  summariseLocalisation,
} from "../explanation/localisation.ts";
import type { InstanceMask } from "../images/mask.ts";
import type { SourceCell } from "./score-source.ts";

const MEASURES = ["pointing", "energy", "iou"] as const;
/** Bootstrap resamples of the intervals. */
const RESAMPLES = 1000;

/** Localisation of one layer's maps over all cells with a mask. */
export type LayerLocalisation = LocalisationSummary & {
  readonly [Measure in (typeof MEASURES)[number] as `${Measure}_ci95`]: Interval | null;
} & {
  /** Whole fields were drawn for the intervals, where they are known; else cells. */
  readonly unit: "field" | "cell";
  readonly units: number;
};

/** Localisation of every layer, and what could not be measured. */
export interface LocalisationResult {
  /** Folder or column. */
  readonly masks: string;
  readonly cells: number;
  readonly emptyMasks: number;
  readonly missingMasks: number;
  readonly unreadableMasks: number;
  /** By output name. */
  readonly layers: Readonly<Record<string, LayerLocalisation>>;
  /** The same network with random weights; null where not asked for. */
  readonly randomised: { readonly seed: number; readonly layers: Readonly<Record<string, LayerLocalisation>> } | null;
}

/** Collects how each layer's maps point at the masks, cell by cell. */
export class LocalisationCollector {
  readonly #fields: (string | null)[] = [];
  readonly #layers = new Map<string, Localisation[]>();

  /** Measures the maps of one cell at the size of its mask; returns what was measured, by layer. */
  add(
    cell: SourceCell,
    attention: Readonly<Record<string, AttentionMap>>,
    { width, height, data }: InstanceMask,
  ): Readonly<Record<string, Localisation>> {
    this.#fields.push(groupKey(cell, "field") ?? null);
    const measured = Object.entries(attention).map(([name, map]) => {
      const one = measureLocalisation(upsampleMap(map, width, height), data);
      const known = this.#layers.get(name);
      if (known === undefined) this.#layers.set(name, [one]);
      else known.push(one);
      return [name, one] as const;
    });
    return Object.fromEntries(measured);
  }

  get cells(): number {
    return this.#fields.length;
  }

  /** Means with 95 % intervals by layer; empty without a cell. */
  summarise(stream: RandomStream): Record<string, LayerLocalisation> {
    const units = resamplingUnits(this.#fields.length, this.#fields);
    const summaries = [...this.#layers].flatMap(([name, measured]) => {
      const summary = summariseLocalisation(measured);
      if (summary === null) return [];
      const { intervals } = bootstrapIntervals({
        units,
        resamples: RESAMPLES,
        stream: stream.fork(`localisation of ${name}`),
        measure: (weights) => {
          const { pointing = null, energy = null, iou = null } = summariseLocalisation(measured, weights) ?? {};
          return { pointing, energy, iou };
        },
      });
      const { pointing: pointing_ci95, energy: energy_ci95, iou: iou_ci95 } = intervals;
      const unit = units.unit === "group" ? ("field" as const) : ("cell" as const);
      return [[name, { ...summary, pointing_ci95, energy_ci95, iou_ci95, unit, units: units.count }] as const];
    });
    return Object.fromEntries(summaries);
  }
}
