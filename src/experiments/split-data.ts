import { TrainingError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { assignSplits } from "../dataset/split.ts";

/**
 * The data with the split that it came with, or the paper's 6 : 2 : 2 with fields kept whole where it has none. Every training of an
 * experiment gets the same one. Throws EXPERIMENT_NO_TEST and the errors of assignSplits.
 */
export function withSplit(dataset: Dataset, stream: RandomStream): Dataset {
  const { cells } = assignSplits(dataset.cells, { classes: dataset.classes, stream });
  const split = { ...dataset, cells };
  const test = testCells(split);
  const positives = test.filter(({ label }) => label === dataset.positiveClass).length;
  if (positives > 0 && positives < test.length) return split;
  throw new TrainingError(
    "EXPERIMENT_NO_TEST",
    `The test cells of ${dataset.source} are ${test.length}, ${positives} of them "${dataset.positiveClass}". A comparison needs both ` +
      "classes there. Split the data anew: mn dataset import DATA --out FILE.csv --resplit, then use FILE.csv.",
  );
}

export function testCells({ cells }: Dataset): Cell[] {
  return cells.filter(({ split }) => split === "test");
}
