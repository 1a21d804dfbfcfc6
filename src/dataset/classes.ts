import { DatasetError } from "../core/errors.ts";

/** The positive class where nobody names one. */
export const DEFAULT_POSITIVE = "mn";
/** The negative class where nobody names one and more than two labels exist. */
const DEFAULT_NEGATIVE = "normal";
/** Cells that a person could not decide about: a class only where somebody names it as one. */
const UNDECIDED = "ambiguous";

export type ClassChoice = { readonly positive?: string; readonly negative?: string };

/**
 * Which two labels are the classes, [negative, positive]; nothing is guessed from what a name may mean.
 *
 * The positive class is the named one, else `mn`. The negative class is the named one, else the only other label
 * ("ambiguous" aside), else `normal`. `counts`: cells by label. `source` names the data for messages.
 * Throws NO_LABELS, POSITIVE_UNKNOWN, NEGATIVE_UNKNOWN and ONE_CLASS.
 */
export function resolveClasses(
  counts: ReadonlyMap<string, number>,
  choice: ClassChoice,
  source: string,
): readonly [negative: string, positive: string] {
  if (counts.size === 0)
    throw new DatasetError(
      "NO_LABELS",
      `No cell of ${source} has a label. Expected class folders such as mn/ and normal/, or a manifest with the column "label".`,
    );
  const positive = resolvePositive(counts, choice.positive, source);
  return [resolveNegative(counts, positive, choice.negative, source), positive];
}

function resolvePositive(counts: ReadonlyMap<string, number>, named: string | undefined, source: string): string {
  const positive = named ?? DEFAULT_POSITIVE;
  if (counts.has(positive)) return positive;
  throw new DatasetError(
    "POSITIVE_UNKNOWN",
    `No cell of ${source} has the label "${positive}". Labels found: ${listLabels(counts)}. ` +
      "Say which one is positive with --positive NAME (and the other with --negative NAME).",
  );
}

function resolveNegative(
  counts: ReadonlyMap<string, number>,
  positive: string,
  named: string | undefined,
  source: string,
): string {
  if (named !== undefined) return checkNegative(counts, positive, named, source);
  const others = [...counts.keys()].filter((label) => label !== positive && label !== UNDECIDED);
  if (others.length === 1 && others[0] !== undefined) return others[0];
  if (others.includes(DEFAULT_NEGATIVE)) return DEFAULT_NEGATIVE;
  if (others.length === 0)
    throw new DatasetError(
      "ONE_CLASS",
      `${source} has only one class to tell apart: ${listLabels(counts)}. Add cells of the other class, ` +
        "or name it with --negative NAME.",
    );
  throw new DatasetError(
    "NEGATIVE_UNKNOWN",
    `${source} has more than two labels: ${listLabels(counts)}. Say which one is the negative class with --negative NAME.`,
  );
}

function checkNegative(counts: ReadonlyMap<string, number>, positive: string, named: string, source: string): string {
  if (counts.has(named) && named !== positive) return named;
  throw new DatasetError(
    "NEGATIVE_UNKNOWN",
    `"${named}" cannot be the negative class of ${source}: ` +
      `${named === positive ? "it is the positive one" : "no cell has that label"}. Labels found: ${listLabels(counts)}.`,
  );
}

function listLabels(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([label, count]) => `"${label}" (${count} cells)`).join(", ");
}
