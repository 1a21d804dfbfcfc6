import { readFile } from "node:fs/promises";
import { type CountRow, parseCountTable } from "../../assay/count-table.ts";
import { type Dispersion, type Distribution, dispersionOf } from "../../assay/dispersion.ts";
import { describeError, UsageError } from "../../core/errors.ts";

/** The text of a file that the user named. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError("ASSAY_FILE_UNREADABLE", `${path} cannot be read: ${describeError(error)}.`, { cause: error });
  }
}

export async function readCountTable(path: string): Promise<CountRow[]> {
  return parseCountTable(await readText(path), path);
}

/** Wrong usage: the options given do not make up a sample. */
export function missingInput(what: string): UsageError {
  return new UsageError("ASSAY_INPUT_MISSING", what);
}

/** Counts as options; `table` wins over none of them, they exclude each other. */
export type CountOptions = {
  readonly cells?: number;
  readonly mnbn?: number;
  readonly mn?: number;
  readonly distribution?: Distribution;
};

/** The rows to compute on: a table's, or the one that the options describe. */
export async function rowsOf(table: string | undefined, options: CountOptions): Promise<readonly CountRow[]> {
  const given = [options.cells, options.mnbn, options.mn, options.distribution].some((value) => value !== undefined);
  if (table === undefined) return [rowOfOptions(options)];
  if (given) throw missingInput("Give either a table or counts as options, not both.");
  return readCountTable(table);
}

function rowOfOptions({ cells, mnbn, mn, distribution }: CountOptions): CountRow {
  const name = "sample";
  if (distribution !== undefined) {
    if (cells !== undefined || mnbn !== undefined || mn !== undefined)
      throw missingInput("--distribution already says --cells, --mnbn and --mn: leave those out.");
    const { bnCells, mnbnCells, micronuclei } = dispersionOf(distribution);
    return { name, dose: null, bnCells, mnbnCells, micronuclei, distribution };
  }
  if (cells === undefined || (mnbn === undefined && mn === undefined))
    throw missingInput(
      "Give --cells with --mnbn (cells with micronuclei) or --mn (micronuclei), or --distribution, or a table.",
    );
  return { name, dose: null, bnCells: cells, mnbnCells: mnbn ?? null, micronuclei: mn ?? null, distribution: null };
}

/** Dispersion of a row's distribution, null where it has totals only. */
export function dispersionOfRow({ distribution }: CountRow): Dispersion | null {
  return distribution === null ? null : dispersionOf(distribution);
}
