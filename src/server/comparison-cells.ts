import type { LabelledCell } from "./labelled-cells.ts";
import { type TrainingRecord, UNITS, type Unit } from "./training-record.ts";
import { unitOf } from "./training-split.ts";

/** Cells on which models can be compared fairly, with what was kept whole. */
export interface ComparisonCells {
  readonly cells: readonly LabelledCell[];
  readonly unit: Unit;
}

/**
 * The labelled cells that no training of these models has seen, nor any other cell of the same sample, slide or field,
 * whichever was kept whole in the trainings; a model that was not trained here has seen none.
 */
export function comparisonCells(
  cells: readonly LabelledCell[],
  trainings: readonly (TrainingRecord | null)[],
): ComparisonCells {
  const known = trainings.filter((training) => training !== null);
  // The finest of them: what is whole in the coarser is whole in the finer too.
  const finest = Math.max(0, ...known.map(({ groupedBy }) => UNITS.indexOf(groupedBy)));
  const unit = UNITS[finest] ?? "sample";
  const seen = new Set(known.flatMap((training) => training.seen));
  const seenUnits = new Set(cells.filter(({ picture }) => seen.has(picture)).map((cell) => unitOf(cell, unit)));
  return { cells: cells.filter((cell) => !seenUnits.has(unitOf(cell, unit))), unit };
}
