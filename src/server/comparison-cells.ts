import type { LabelledCell } from "./labelled-cells.ts";
import { type TrainingRecord, UNITS } from "./training-record.ts";
import { unitOf } from "./training-split.ts";

/**
 * The labelled cells on which models can be compared: no training of any of them has seen the cell, nor another one of the
 * same sample, slide or field, whichever the trainings kept whole. A model that was not trained here has seen none.
 */
export function comparisonCells(
  cells: readonly LabelledCell[],
  trainings: readonly (TrainingRecord | null)[],
): LabelledCell[] {
  const known = trainings.filter((training) => training !== null);
  // The finest of them: what is whole in the coarser ones is whole in it too.
  const finest = Math.max(0, ...known.map(({ groupedBy }) => UNITS.indexOf(groupedBy)));
  const unit = UNITS[finest] ?? "sample";
  const seen = new Set(known.flatMap((training) => training.seen));
  const seenUnits = new Set(cells.filter(({ picture }) => seen.has(picture)).map((cell) => unitOf(cell, unit)));
  return cells.filter((cell) => !seenUnits.has(unitOf(cell, unit)));
}
