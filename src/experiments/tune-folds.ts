import type { RandomStream } from "../core/random.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import type { GroupBy } from "../dataset/grouping.ts";
import { assignSplits, crossValidationFolds } from "../dataset/split.ts";

export interface FoldChoice {
  /** 1: the split of the data, or the paper's 6 : 2 : 2 where it has none. */
  readonly folds: number;
  /** What several folds keep whole. */
  readonly by: GroupBy;
  readonly stream: RandomStream;
}

/** The data of each training of a search, and how many cells no training sees. */
export interface TuningFolds {
  /** Each with the splits `train` and `val` alone. */
  readonly datasets: readonly Dataset[];
  readonly cells: number;
  /** Cells of the data's `test` split: kept back, so that the settings that are chosen can be tested on them. */
  readonly heldBack: number;
}

/**
 * The folds of a cross-validation: each in turn validates, the others train. Cells of the split `test` take no part: settings that
 * were chosen on them could not be tested on them. Throws FOLDS_TOO_MANY, GROUP_UNKNOWN and the errors of assignSplits.
 */
export function tuningFolds(dataset: Dataset, { folds, by, stream }: FoldChoice): TuningFolds {
  const { classes } = dataset;
  const splitCells =
    folds === 1 ? assignSplits(dataset.cells, { classes, stream: stream.fork("split") }).cells : dataset.cells;
  const cells = splitCells.filter(({ split }) => split !== "test");
  const counts = { cells: cells.length, heldBack: dataset.cells.length - cells.length };
  if (folds === 1) return { datasets: [{ ...dataset, cells }], ...counts };
  const { foldOf } = crossValidationFolds(cells, { by, folds, classes, stream: stream.fork("folds") });
  const datasets = Array.from({ length: folds }, (_, fold) => ({
    ...dataset,
    cells: cells.map((cell, at): Cell => ({ ...cell, split: foldOf[at] === fold ? "val" : "train" })),
  }));
  return { datasets, ...counts };
}
