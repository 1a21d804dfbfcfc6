import { DatasetError } from "../core/errors.ts";
import type { Cell } from "./cell.ts";

/** What cells must share to be kept together. */
export const GROUP_COLUMNS = ["donor", "slide", "field", "group"] as const;

export type GroupColumn = (typeof GROUP_COLUMNS)[number];

/** `auto`: for each cell the coarsest of donor, slide and field that it has; `none`: every cell for itself. */
export type GroupBy = "auto" | "none" | GroupColumn;

/**
 * The group of each cell as a number from 0, in the order in which the groups first occur; a cell of which nothing is
 * known is a group of its own. Throws GROUP_UNKNOWN where `by` names a column that some cells lack.
 */
export function groupIndices(cells: readonly Cell[], by: GroupBy): number[] {
  const known = new Map<string, number>();
  let next = 0;
  let missing = 0;
  const indices = cells.map((cell) => {
    const key = groupKey(cell, by);
    if (key === undefined) {
      missing++;
      return next++;
    }
    const index = known.get(key) ?? next++;
    known.set(key, index);
    return index;
  });
  if (missing > 0 && by !== "auto" && by !== "none")
    throw new DatasetError(
      "GROUP_UNKNOWN",
      `${missing} of ${cells.length} cells have no ${by}, so cells of one ${by} cannot be kept together. ` +
        `Fill the column "${by}", or choose another with --group-by.`,
    );
  return indices;
}

/**
 * The name of the thing that the cell shares with others, or undefined where nothing is known. Numbers of fields start
 * again on every slide and numbers of slides for every donor, so the coarser names are part of it.
 */
export function groupKey({ donor, slide, field, group }: Cell, by: GroupBy): string | undefined {
  const joined = (...names: (string | undefined)[]): string => names.filter((name) => name !== undefined).join(" / ");
  switch (by) {
    case "none":
      return undefined;
    case "group":
      return group;
    case "donor":
      return donor;
    case "slide":
      return slide === undefined ? undefined : joined(donor, slide);
    case "field":
      return field === undefined ? undefined : joined(donor, slide, field);
    case "auto":
      return donor ?? (slide === undefined ? field : slide);
  }
}
