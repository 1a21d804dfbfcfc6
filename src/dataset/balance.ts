import { DatasetError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import { type Cell, SPLITS, type Split } from "./cell.ts";

/** The paper's enlargement of its positives. */
export const PAPER_ENLARGEMENT = 5;

/** What one epoch shows: cell `cell` of the list it was planned for, as it is (copy 0) or as its copy-th augmented version. */
export type TrainingSample = { readonly cell: number; readonly copy: number };

export type ClassCounts = { readonly positive: number; readonly negative: number };

export interface TrainingPlan {
  /** Ordered by cell, then copy: to be shuffled by whoever trains. */
  readonly samples: readonly TrainingSample[];
  readonly counts: { readonly before: ClassCounts; readonly after: ClassCounts };
}

export type BalanceOptions = {
  readonly positiveClass: string;
  /** How many times as many cells the rarer class may become, itself included; 1 adds no copy. */
  readonly enlargement?: number;
  readonly stream: RandomStream;
};

/**
 * The paper's balancing, for any data: the rarer class (r cells) is enlarged by augmented copies to
 *
 *   e = min(enlargement * r, c)
 *
 * and the commoner class (c cells) is then downsampled at random to e. Every rare cell appears as it is; copies are
 * dealt out in whole rounds, the last round to a random part of the class.
 *
 * `cells`: those of one split and of two classes. Wei et al. 2022, "Data augmentation"; the rule for data whose
 * positives are the majority is ours. Throws CLASS_WITHOUT_CELLS.
 */
export function planTraining(cells: readonly Cell[], options: BalanceOptions): TrainingPlan {
  const { positiveClass, enlargement = PAPER_ENLARGEMENT, stream } = options;
  if (!Number.isInteger(enlargement) || enlargement < 1)
    throw new Error(`enlargement must be a whole number of at least 1, got ${enlargement}.`);
  const { positive, negative } = indicesByClass(cells, positiveClass);
  const positiveIsRarer = positive.length <= negative.length;
  const [rare, common] = positiveIsRarer ? [positive, negative] : [negative, positive];
  const size = Math.min(enlargement * rare.length, common.length);
  const samples = [
    ...enlarge(rare, size, stream.fork("copies")),
    ...downsample(common, size, stream.fork("downsampling")),
  ].sort((one, other) => one.cell - other.cell || one.copy - other.copy);
  const before = { positive: positive.length, negative: negative.length };
  return { samples, counts: { before, after: { positive: size, negative: size } } };
}

/** Every cell once and as it is: for a split that keeps its natural distribution. */
export function planNatural(cells: readonly Cell[], positiveClass: string): TrainingPlan {
  const counts = countClasses(cells, positiveClass);
  return { samples: cells.map((_, cell) => ({ cell, copy: 0 })), counts: { before: counts, after: counts } };
}

function indicesByClass(cells: readonly Cell[], positiveClass: string): { positive: number[]; negative: number[] } {
  const positive: number[] = [];
  const negative: number[] = [];
  cells.forEach(({ label }, index) => {
    (label === positiveClass ? positive : negative).push(index);
  });
  if (positive.length === 0 || negative.length === 0)
    throw new DatasetError(
      "CLASS_WITHOUT_CELLS",
      `Of ${cells.length} cells to balance, ${positive.length} are "${positiveClass}" and ${negative.length} are not. ` +
        "Both classes need at least one: check the split, the filter and the positive class.",
    );
  return { positive, negative };
}

function enlarge(cells: readonly number[], size: number, stream: RandomStream): TrainingSample[] {
  const wholeRounds = Math.floor(size / cells.length);
  const samples = Array.from({ length: wholeRounds }, (_, copy) => cells.map((cell) => ({ cell, copy }))).flat();
  const chosen = stream.shuffle(cells).slice(0, size - samples.length);
  return [...samples, ...chosen.map((cell) => ({ cell, copy: wholeRounds }))];
}

function downsample(cells: readonly number[], size: number, stream: RandomStream): TrainingSample[] {
  return stream
    .shuffle(cells)
    .slice(0, size)
    .map((cell) => ({ cell, copy: 0 }));
}

function countClasses(cells: readonly Cell[], positiveClass: string): ClassCounts {
  const positive = cells.filter(({ label }) => label === positiveClass).length;
  return { positive, negative: cells.length - positive };
}

/** Which splits the paper's two data sets augment and balance; the test set is never touched. */
export const RECIPES = { tad: ["train"], tvad: ["train", "val"] } as const satisfies Record<string, readonly Split[]>;

export type Recipe = keyof typeof RECIPES;

/** True where `recipe` augments and balances `split`. */
export function isBalanced(recipe: Recipe, split: Split): boolean {
  return (RECIPES[recipe] as readonly Split[]).includes(split);
}

export type PaperTableRow = { readonly split: Split; readonly before: ClassCounts; readonly after: ClassCounts };

/**
 * The numbers of images before and after augmentation and balancing: the paper's table 1 (`tad`: training set only) or
 * table 2 (`tvad`: training and validation set). `cells`: two classes, each with its split; a split without cells has no row.
 */
export function paperTable(cells: readonly Cell[], recipe: Recipe, options: BalanceOptions): PaperTableRow[] {
  return SPLITS.flatMap((split) => {
    const inSplit = cells.filter((cell) => cell.split === split);
    if (inSplit.length === 0) return [];
    const { counts } = isBalanced(recipe, split)
      ? planTraining(inSplit, options)
      : planNatural(inSplit, options.positiveClass);
    return [{ split, ...counts }];
  });
}
