import { ImageError } from "../core/errors.ts";
import { isBalanced, type PaperTableRow, paperTable, type Recipe } from "./balance.ts";
import type { Cell } from "./cell.ts";
import type { ImageCheck, ReadableImage } from "./check-images.ts";
import type { DuplicateFindings } from "./duplicates.ts";
import { SHARE_TOLERANCE } from "./group-assignment.ts";
import { GROUP_COLUMNS, type GroupColumn, groupKey } from "./grouping.ts";
import { countLabels, datasetHash } from "./load-dataset.ts";
import { groupsInSeveralSplits, type SplitOptions, type SplitReport } from "./split.ts";

/** What the import of a data set found and did; written beside the manifest. */
export interface ImportReport {
  readonly version: 1;
  /** Both as they were given to the import. */
  readonly source: string;
  readonly manifest: string;
  readonly classes: { readonly negative: string; readonly positive: string };
  /** Rows in all; every one is in the manifest. */
  readonly cells: number;
  /** Rows of the two classes without an error: what training and evaluation will use. */
  readonly usable: number;
  /** By label, "" for none: rows in all, and those without an error. */
  readonly labels: readonly { readonly label: string; readonly cells: number; readonly usable: number }[];
  readonly unreadable: readonly { readonly file: string; readonly code: string; readonly message: string }[];
  readonly duplicates: readonly {
    readonly kept: string;
    readonly dropped: readonly string[];
    readonly acrossSplits: boolean;
  }[];
  readonly conflicts: readonly (readonly { readonly file: string; readonly label: string }[])[];
  /** Readable images by file format. */
  readonly formats: Readonly<Record<string, number>>;
  /** Smallest and largest, in pixels. */
  readonly width: readonly [smallest: number, largest: number];
  readonly height: readonly [smallest: number, largest: number];
  /** How many different donors, slides, fields and groups the cells name. */
  readonly groups: Readonly<Record<GroupColumn, number>>;
  readonly split: SplitReport;
  /** Numbers of images before and after augmentation and balancing; absent where a split lacks one of the classes. */
  readonly tables?: Readonly<Record<Recipe, readonly PaperTableRow[]>>;
  /** Sentences about what is usable and still deserves a look. */
  readonly warnings: readonly string[];
  /** The same as `Dataset.hash` of the manifest. */
  readonly hash: string;
}

/** What an import knows once every row is decided; all lists are in the order of the source. */
export interface ImportOutcome {
  readonly source: string;
  readonly manifest: string;
  readonly classes: readonly [negative: string, positive: string];
  /** The rows as written. */
  readonly rows: readonly Cell[];
  readonly checks: readonly ImageCheck[];
  readonly findings: DuplicateFindings;
  readonly split: SplitReport;
  readonly stream: SplitOptions["stream"];
}

export function reportImport(outcome: ImportOutcome): ImportReport {
  const { source, manifest, classes, rows, checks, findings, split } = outcome;
  const [negative, positive] = classes;
  const usable = rows.filter(
    ({ label, error }) => error === undefined && label !== undefined && classes.includes(label),
  );
  const readable = checks.filter((check): check is ReadableImage => !(check instanceof ImageError));
  const tables = paperTables(usable, split, outcome);
  return {
    version: 1,
    source,
    manifest,
    classes: { negative, positive },
    cells: rows.length,
    usable: usable.length,
    labels: labelCounts(rows),
    unreadable: checks.flatMap((check, index) =>
      check instanceof ImageError ? [{ file: rows[index]!.file, code: check.code, message: check.message }] : [],
    ),
    duplicates: findings.duplicates.map(({ kept, dropped, acrossSplits }) => ({
      kept: rows[kept]!.file,
      dropped: dropped.map((index) => rows[index]!.file),
      acrossSplits,
    })),
    conflicts: findings.conflicts.map((indices) =>
      indices.map((index) => ({ file: rows[index]!.file, label: rows[index]!.label ?? "" })),
    ),
    formats: countBy(readable.map(({ format }) => format)),
    width: range(readable.map(({ width }) => width)),
    height: range(readable.map(({ height }) => height)),
    groups: groupCounts(rows),
    split,
    ...(tables && { tables }),
    warnings: warningsOf(outcome, usable),
    hash: datasetHash(usable.map(({ sha256 = "", label = "" }) => ({ sha256, label }))),
  };
}

function labelCounts(rows: readonly Cell[]): ImportReport["labels"] {
  const named = (cells: readonly Cell[]): Cell[] => cells.map((cell) => ({ ...cell, label: cell.label ?? "" }));
  const usable = countLabels(named(rows.filter(({ error }) => error === undefined)));
  return [...countLabels(named(rows))]
    .sort()
    .map(([label, cells]) => ({ label, cells, usable: usable.get(label) ?? 0 }));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function range(values: readonly number[]): [smallest: number, largest: number] {
  return values.reduce<[number, number]>(
    ([smallest, largest], value) => [Math.min(smallest, value), Math.max(largest, value)],
    [values[0] ?? 0, values[0] ?? 0],
  );
}

function groupCounts(rows: readonly Cell[]): Record<GroupColumn, number> {
  const count = (by: GroupColumn): number =>
    new Set(rows.map((cell) => groupKey(cell, by)).filter((key) => key !== undefined)).size;
  return { donor: count("donor"), slide: count("slide"), field: count("field"), group: count("group") };
}

/** Undefined where a split that a recipe balances lacks one of the classes. */
function paperTables(
  usable: readonly Cell[],
  split: SplitReport,
  { classes, stream }: ImportOutcome,
): ImportReport["tables"] | undefined {
  const balanced = split.splits.filter((part) => isBalanced("tvad", part.split));
  if (balanced.some((part) => missingClasses(part, classes).length > 0)) return undefined;
  const options = { positiveClass: classes[1], stream };
  return { tad: paperTable(usable, "tad", options), tvad: paperTable(usable, "tvad", options) };
}

function missingClasses(part: SplitReport["splits"][number], classes: readonly string[]): string[] {
  return classes.filter((name) => !part.labels.some(({ label, cells }) => label === name && cells > 0));
}

function warningsOf({ classes, rows, findings, split }: ImportOutcome, usable: readonly Cell[]): string[] {
  return [
    ...shareWarnings(split, classes),
    ...groupWarnings(rows),
    ...countWarnings(usable, classes),
    ...duplicateWarnings(findings),
  ];
}

function shareWarnings({ origin, splits }: SplitReport, classes: readonly string[]): string[] {
  const missing = splits.flatMap((part) =>
    missingClasses(part, classes).map((name) => `No cell of "${name}" is in ${part.split}.`),
  );
  const noTest = origin === "existing" && !splits.some(({ split }) => split === "test");
  return [
    ...missing,
    ...offTargetWarning(splits, classes),
    ...(noTest ? ["The split of the source has no test cells; --resplit draws a new one."] : []),
  ];
}

/** One sentence about the class that is farthest from its target, if that is too far. */
function offTargetWarning(splits: SplitReport["splits"], classes: readonly string[]): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const [worst] = splits
    .flatMap(({ split, target, labels }) =>
      labels
        .filter(({ label }) => target !== undefined && classes.includes(label))
        .map(({ label, share }) => ({ split, label, share, target: target ?? share })),
    )
    .sort((one, other) => Math.abs(other.share - other.target) - Math.abs(one.share - one.target));
  if (worst === undefined || Math.abs(worst.share - worst.target) <= SHARE_TOLERANCE) return [];
  return [
    `The split is uneven: ${worst.split} has ${percent(worst.share)} of "${worst.label}" instead of ` +
      `${percent(worst.target)}. There are too few cells, or what must stay whole is too large, for a closer one.`,
  ];
}

function groupWarnings(rows: readonly Cell[]): string[] {
  const usable = rows.filter(({ error }) => error === undefined);
  const known = GROUP_COLUMNS.filter((by) => by !== "group" && usable.some((cell) => groupKey(cell, by) !== undefined));
  if (known.length === 0)
    return [
      "No donor, slide or field is known, so cells of one field may be in both training and test. " +
        "That flatters the results: fill one of these columns if you can.",
    ];
  return known.flatMap((by) => {
    const shared = groupsInSeveralSplits(usable, by).length;
    return shared === 0 ? [] : [`Cells of one ${by} are in more than one split: ${shared} ${by}(s).`];
  });
}

/** Where the label and the number of micronuclei say different things. */
function countWarnings(usable: readonly Cell[], [negative, positive]: readonly [string, string]): string[] {
  const empty = usable.filter(({ label, mnCount }) => label === positive && mnCount === 0).length;
  const full = usable.filter(({ label, mnCount = 0 }) => label === negative && mnCount > 0).length;
  return [
    ...(empty > 0 ? [`Labelled "${positive}" with an mn_count of 0: ${empty} cell(s).`] : []),
    ...(full > 0 ? [`Labelled "${negative}" with an mn_count above 0: ${full} cell(s).`] : []),
  ];
}

function duplicateWarnings({ duplicates }: DuplicateFindings): string[] {
  const across = duplicates.filter(({ acrossSplits }) => acrossSplits).length;
  return across === 0
    ? []
    : [`The same picture was in more than one split: ${across} picture(s), of each of which one copy was kept.`];
}
