import { AssayError } from "../core/errors.ts";
import type { AgreementTable } from "./agreement.ts";

/** The calls of two readers on the same cells, one pair a cell. */
export type PairedReadings = readonly (readonly [first: string, second: string])[];

/** Classes in order (numbers by size, words by alphabet) and how often each pair of them was called. */
export type TabulatedReadings = { readonly classes: readonly string[]; readonly table: AgreementTable };

/** Counts paired readings into a table of agreement; refuses an empty call, which is no reading. */
export function tabulateReadings(readings: PairedReadings): TabulatedReadings {
  for (const [index, pair] of readings.entries())
    if (pair.some((call) => call.trim() === ""))
      throw new AssayError(
        "READING_MISSING",
        `Cell ${index + 1} was read by one reader only. Leave out cells that a reader did not call.`,
      );
  const classes = [...new Set(readings.flat())].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const table = classes.map(() => classes.map(() => 0));
  for (const [first, second] of readings) {
    const row = table[classes.indexOf(first)] ?? [];
    const column = classes.indexOf(second);
    row[column] = (row[column] ?? 0) + 1;
  }
  return { classes, table };
}
