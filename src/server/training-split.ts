import { UsageError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import type { Cell, Split } from "../dataset/cell.ts";
import { PAPER_RATIOS, splitCells } from "../dataset/split.ts";
import type { TrainingPlan } from "./api/models.ts";
import type { LabelledCell } from "./labelled-cells.ts";
import { UNITS, type Unit } from "./training-record.ts";

/** Fewer cells of a class teach nothing, and measure nothing. */
const LEAST_OF_CLASS = 20;

/** Pictures that trainings of this workspace have dealt with before. */
export interface EarlierTrainings {
  /** Held out of every training. */
  readonly heldOut: ReadonlySet<string>;
  /** Trained or validated on by some model. */
  readonly seen: ReadonlySet<string>;
}

/** Which cells do what; a cell may be left out of all three. */
export interface TrainingSplit {
  readonly unit: Unit;
  readonly splitOf: ReadonlyMap<LabelledCell, Split>;
}

/** What a training of these cells would have, and what stands in its way. */
export function planTraining(cells: readonly LabelledCell[], earlier: EarlierTrainings): TrainingPlan {
  const positives = cells.filter(({ positive }) => positive).length;
  const unit = unitFor(cells, earlier);
  return {
    labelled: cells.length,
    positives,
    groups: countUnits(cells, unit ?? "slide"),
    obstacle: obstacleOf(cells.length - positives, positives, unit !== null),
  };
}

function obstacleOf(negatives: number, positives: number, canBeSplit: boolean): string | null {
  const few = (count: number, what: string) =>
    `${count} cells ${what} are labelled; a training needs at least ${LEAST_OF_CLASS}. Review more cells first.`;
  if (positives < LEAST_OF_CLASS) return few(positives, "with micronuclei");
  if (negatives < LEAST_OF_CLASS) return few(negatives, "without micronuclei");
  if (canBeSplit) return null;
  return (
    "Cells of one slide resemble each other, so whole slides are held out to measure the new model. That needs labelled " +
    "cells with and without micronuclei of at least three samples, slides or fields: review cells of more of them."
  );
}

/**
 * Divides labelled cells into training, validation and held-out ones, 6 : 2 : 2, whole units together: samples where there
 * are enough of them, else slides, else fields. What was held out once stays held out, and then the rest is divided 3 : 1;
 * a cell of a held-out unit that some model has seen is left out. Throws TRAINING_OBSTACLE.
 */
export function splitLabelledCells(
  cells: readonly LabelledCell[],
  earlier: EarlierTrainings,
  stream: RandomStream,
): TrainingSplit {
  const { obstacle } = planTraining(cells, earlier);
  if (obstacle !== null) throw new UsageError("TRAINING_OBSTACLE", obstacle);
  const unit = unitFor(cells, earlier) as Unit;
  const fixed = heldOutUnits(cells, earlier, unit);
  const isFixed = (cell: LabelledCell) => fixed.has(unitOf(cell, unit));
  const rest = cells.filter((cell) => !isFixed(cell));
  const ratios = hasBothClasses(cells.filter(isFixed)) ? ([3, 1, 0] as const) : PAPER_RATIOS;
  const { splits } = splitCells(
    rest.map((cell) => asDatasetCell(cell, unit)),
    { ratios, groupBy: "group", stream },
  );
  const splitOf = new Map<LabelledCell, Split>();
  rest.forEach((cell, index) => {
    splitOf.set(cell, splits[index] as Split);
  });
  for (const cell of cells) if (isFixed(cell) && !earlier.seen.has(cell.picture)) splitOf.set(cell, "test");
  return { unit, splitOf };
}

/** The coarsest unit of which there are enough with either class for every part; null where there is none. */
function unitFor(cells: readonly LabelledCell[], earlier: EarlierTrainings): Unit | null {
  const canServe = (unit: Unit) => {
    const fixed = heldOutUnits(cells, earlier, unit);
    const isFixed = (cell: LabelledCell) => fixed.has(unitOf(cell, unit));
    const parts = hasBothClasses(cells.filter(isFixed)) ? 2 : 3;
    const rest = cells.filter((cell) => !isFixed(cell));
    return [true, false].every(
      (positive) =>
        countUnits(
          rest.filter((cell) => cell.positive === positive),
          unit,
        ) >= parts,
    );
  };
  return UNITS.find(canServe) ?? null;
}

function heldOutUnits(cells: readonly LabelledCell[], { heldOut }: EarlierTrainings, unit: Unit): Set<string> {
  return new Set(cells.filter(({ picture }) => heldOut.has(picture)).map((cell) => unitOf(cell, unit)));
}

/** A cell of no known field counts with the others of its slide. */
export function unitOf({ units }: LabelledCell, unit: Unit): string {
  return units[unit] ?? units.slide ?? "";
}

/** Resampling fewer units than this says nothing of how results vary between them. */
const LEAST_UNITS = 5;

/**
 * What to resample for intervals: the smallest known unit of each cell, field or slide; null for all where there are too
 * few of these, so that single cells are resampled.
 */
export function intervalUnits(cells: readonly LabelledCell[]): (string | null)[] {
  const units = cells.map((cell) => unitOf(cell, "field"));
  return new Set(units).size < LEAST_UNITS ? units.map(() => null) : units;
}

function countUnits(cells: readonly LabelledCell[], unit: Unit): number {
  return new Set(cells.map((cell) => unitOf(cell, unit))).size;
}

function hasBothClasses(cells: readonly LabelledCell[]): boolean {
  return cells.some(({ positive }) => positive) && cells.some(({ positive }) => !positive);
}

function asDatasetCell(cell: LabelledCell, unit: Unit): Cell {
  const label = cell.positive ? "positive" : "negative";
  return { file: cell.path, path: cell.path, label, group: unitOf(cell, unit), sha256: cell.picture, columns: {} };
}
