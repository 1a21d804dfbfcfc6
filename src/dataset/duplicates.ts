import type { Cell, Split } from "./cell.ts";

/** Cells that show the same picture and are of one mind about its label; positions in the list that was searched. */
export interface Duplicate {
  readonly kept: number;
  readonly dropped: readonly number[];
  /** True where the copies were in different splits: the test set held what the training set showed. */
  readonly acrossSplits: boolean;
}

export interface DuplicateFindings {
  readonly duplicates: readonly Duplicate[];
  /** Cells that show the same picture under different labels, each list at least two positions long. */
  readonly conflicts: readonly (readonly number[])[];
}

/** Which of several copies stays: one that a person labelled, in the split that is hardest to replace. */
const SPLIT_PRIORITY: readonly (Split | undefined)[] = ["test", "val", "train", undefined];

/**
 * Cells with equal pixels. Of copies with one label (or none) one is kept; copies with different labels contradict each
 * other, and none can be trusted. `pixels`: the hash of each cell's decoded image, undefined where it is unreadable.
 */
export function findDuplicates(cells: readonly Cell[], pixels: readonly (string | undefined)[]): DuplicateFindings {
  const copies = [...groupByPixels(pixels).values()].filter((positions) => positions.length > 1);
  const contradicts = (positions: readonly number[]): boolean =>
    new Set(positions.map((position) => cells[position]!.label).filter((label) => label !== undefined)).size > 1;
  return {
    duplicates: copies.filter((positions) => !contradicts(positions)).map((positions) => keepOne(cells, positions)),
    conflicts: copies.filter(contradicts),
  };
}

function groupByPixels(pixels: readonly (string | undefined)[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  pixels.forEach((hash, position) => {
    if (hash === undefined) return;
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, [position]);
    else group.push(position);
  });
  return groups;
}

function keepOne(cells: readonly Cell[], positions: readonly number[]): Duplicate {
  const rank = (position: number): number => {
    const { label, split } = cells[position]!;
    return (label === undefined ? SPLIT_PRIORITY.length : 0) + SPLIT_PRIORITY.indexOf(split);
  };
  const kept = positions.reduce((best, next) => (rank(next) < rank(best) ? next : best));
  const splits = new Set(positions.map((position) => cells[position]!.split));
  return { kept, dropped: positions.filter((position) => position !== kept), acrossSplits: splits.size > 1 };
}
