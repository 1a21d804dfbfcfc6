import { DatasetError } from "../core/errors.ts";
import type { RandomStream } from "../core/random.ts";
import { type Cell, SPLITS, type Split } from "./cell.ts";
import { assignGroups } from "./group-assignment.ts";
import { type GroupBy, groupIndices, groupKey } from "./grouping.ts";

export interface SplitOptions {
  /** Train : validation : test. */
  readonly ratios?: readonly [train: number, val: number, test: number];
  readonly groupBy?: GroupBy;
  /** The labels whose shares are to meet the ratios; any others follow as well as they can. All labels where not given. */
  readonly classes?: readonly string[];
  readonly stream: RandomStream;
}

/** Cells of one label in one split, and their share of all cells of that label, 0 to 1. */
export type LabelShare = { readonly label: string; readonly cells: number; readonly share: number };

export interface SplitReport {
  /** `existing`: the data came with its split. */
  readonly origin: "drawn" | "existing";
  readonly groupBy: GroupBy;
  /** Things that were kept whole: groups, or single cells where nothing is known. */
  readonly groups: number;
  readonly splits: readonly {
    readonly split: Split;
    readonly cells: number;
    /** The share that was aimed at; absent where the split came with the data. */
    readonly target?: number;
    readonly labels: readonly LabelShare[];
  }[];
}

export const PAPER_RATIOS = [6, 2, 2] as const;
/** What a label outside the classes counts for: too little to pull a class off its target. */
const OTHER_LABEL_WEIGHT = 0.01;

/**
 * Draws a stratified split that keeps groups whole: each class is shared out as `ratios` say, within two percentage
 * points where the groups allow. Returns the split of each cell and what was achieved.
 *
 * 6 : 2 : 2 as Wei et al. 2022; grouping is ours: cells of one field, slide or donor resemble each other, so a split that
 * parts them measures memory. Throws GROUP_UNKNOWN and SPLIT_TOO_FEW_GROUPS.
 */
export function splitCells(cells: readonly Cell[], options: SplitOptions): { splits: Split[]; report: SplitReport } {
  const { ratios = PAPER_RATIOS, groupBy = "auto" } = options;
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
  const wanted = SPLITS.map((split, index) => ({ split, target: ratios[index]! / total })).filter(
    ({ target }) => target > 0,
  );
  const groupOf = groupIndices(cells, groupBy);
  const groups = groupOf.reduce((most, group) => Math.max(most, group + 1), 0);
  if (groups < wanted.length)
    throw new DatasetError(
      "SPLIT_TOO_FEW_GROUPS",
      `${groups} groups (by ${groupBy}) cannot fill ${wanted.map(({ split }) => split).join(", ")}. ` +
        "Keep something smaller whole with --group-by field (or none), or ask for fewer parts, such as --split 8:2:0.",
    );
  const targets = wanted.map(({ target }) => target);
  const parts = assignCells(cells, groupOf, groups, targets, options);
  const splits = parts.map((part) => wanted[part]!.split);
  const report = { origin: "drawn", groupBy, groups, splits: describe(cells, splits, wanted) } as const;
  return { splits, report };
}

/** The same cells with a split each: the one that the data came with, or a new one where it has none or `resplit` is set. */
export function assignSplits(
  cells: readonly Cell[],
  options: SplitOptions & { readonly resplit?: boolean },
): { cells: Cell[]; report: SplitReport } {
  const { groupBy = "auto", resplit = false } = options;
  const missing = cells.filter(({ split }) => split === undefined).length;
  if (resplit || missing === cells.length) {
    const { splits, report } = splitCells(cells, options);
    return { cells: cells.map((cell, index) => ({ ...cell, split: splits[index]! })), report };
  }
  if (missing > 0)
    throw new DatasetError(
      "SPLIT_INCOMPLETE",
      `${missing} of ${cells.length} cells have no split, the others have one. ` +
        `Fill or empty the column "split", or draw a new split with --resplit.`,
    );
  checkSplit(cells, groupBy === "auto" ? "field" : groupBy);
  const groups = new Set(groupIndices(cells, groupBy)).size;
  const splits = cells.map(({ split }) => split!);
  const report = { origin: "existing", groupBy, groups, splits: describe(cells, splits, undefined) } as const;
  return { cells: [...cells], report };
}

/** Throws SPLIT_SHARES_FIELD if cells that share `by` are in different splits. */
export function checkSplit(cells: readonly Cell[], by: GroupBy): void {
  const shared = groupsInSeveralSplits(cells, by);
  const [first] = shared;
  if (first === undefined) return;
  const places = [...first.cells].map(([split, count]) => `${split} (${count} cells)`).join(" and ");
  const more = shared.length > 1 ? ` So are ${shared.length - 1} more.` : "";
  throw new DatasetError(
    "SPLIT_SHARES_FIELD",
    `${capitalised(by)} "${first.name}" is in both ${places}.${more} ` +
      `Cells of one ${by} must stay together: draw a new split with mn dataset import --resplit --group-by ${by}.`,
  );
}

/** The groups whose cells are in more than one split, with the number of cells in each. */
export function groupsInSeveralSplits(
  cells: readonly Cell[],
  by: GroupBy,
): { name: string; cells: ReadonlyMap<Split, number> }[] {
  const groups = new Map<string, Map<Split, number>>();
  for (const cell of cells) {
    const name = groupKey(cell, by);
    if (name === undefined || cell.split === undefined) continue;
    const counts = groups.get(name) ?? new Map<Split, number>();
    groups.set(name, counts.set(cell.split, (counts.get(cell.split) ?? 0) + 1));
  }
  return [...groups].filter(([, counts]) => counts.size > 1).map(([name, counts]) => ({ name, cells: counts }));
}

export interface FoldOptions {
  readonly by: GroupBy;
  /** How many folds; at most as many as there are groups. */
  readonly folds: number;
  readonly classes?: readonly string[];
  readonly stream: RandomStream;
}

/**
 * Whole groups dealt into folds of equal shares of every class. Returns the fold of each cell, 0 to folds - 1, and the
 * cells of each label in each fold. Throws GROUP_UNKNOWN and FOLDS_TOO_MANY.
 */
export function crossValidationFolds(
  cells: readonly Cell[],
  options: FoldOptions,
): { foldOf: number[]; folds: readonly (readonly LabelShare[])[] } {
  const { by, folds } = options;
  const groupOf = groupIndices(cells, by);
  const groups = new Set(groupOf).size;
  if (!Number.isInteger(folds) || folds < 2 || folds > groups)
    throw new DatasetError(
      "FOLDS_TOO_MANY",
      `${folds} folds cannot be made of ${groups} groups (by ${by}). Expected 2 to ${groups} folds.`,
    );
  const targets = Array.from({ length: folds }, () => 1 / folds);
  const foldOf = assignCells(cells, groupOf, groups, targets, options);
  return { foldOf, folds: targets.map((_, fold) => sharesOf(cells, (index) => foldOf[index] === fold)) };
}

/** The part, an index into `targets`, of each cell. */
function assignCells(
  cells: readonly Cell[],
  groupOf: readonly number[],
  groups: number,
  targets: readonly number[],
  { classes, stream }: { readonly classes?: readonly string[]; readonly stream: RandomStream },
): number[] {
  const labels = labelsOf(cells);
  const stratumOf = new Map(labels.map((label, stratum) => [label, stratum]));
  const counts = Array.from({ length: groups }, () => labels.map(() => 0));
  cells.forEach((cell, index) => {
    counts[groupOf[index]!]![stratumOf.get(cell.label ?? "")!]!++;
  });
  const weights = labels.map((label) => (classes === undefined || classes.includes(label) ? 1 : OTHER_LABEL_WEIGHT));
  const partOf = assignGroups({ counts, weights, targets, stream });
  return groupOf.map((group) => partOf[group]!);
}

function describe(
  cells: readonly Cell[],
  splits: readonly Split[],
  wanted: readonly { readonly split: Split; readonly target: number }[] | undefined,
): SplitReport["splits"] {
  const present = wanted ?? SPLITS.filter((split) => splits.includes(split)).map((split) => ({ split }));
  return present.map((part) => ({
    ...part,
    cells: splits.filter((split) => split === part.split).length,
    labels: sharesOf(cells, (index) => splits[index] === part.split),
  }));
}

function sharesOf(cells: readonly Cell[], isInside: (index: number) => boolean): LabelShare[] {
  const labels = labelsOf(cells);
  const totals = new Map<string, number>(labels.map((label) => [label, 0]));
  const inside = new Map(totals);
  cells.forEach(({ label = "" }, index) => {
    totals.set(label, totals.get(label)! + 1);
    if (isInside(index)) inside.set(label, inside.get(label)! + 1);
  });
  return labels.map((label) => ({ label, cells: inside.get(label)!, share: inside.get(label)! / totals.get(label)! }));
}

/** Sorted, so that the order of the rows does not matter; "" stands for no label. */
function labelsOf(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map(({ label }) => label ?? ""))].sort();
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
