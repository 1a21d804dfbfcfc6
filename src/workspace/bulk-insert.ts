import { CompiledQuery, type Insertable, type Transaction } from "kysely";
import { sha256 } from "../core/files.ts";
import type { Schema } from "./schema.ts";

/** Rows of one statement: few enough for SQLite's limit of 32,766 values, enough that the statement's cost is shared. */
const ROWS_AT_ONCE = 400;

/**
 * Inserts many rows that all have the same columns. The statement for a full set of rows is built once and then only
 * given other values: building it anew takes longer than the insertion.
 */
export async function insertRows<Table extends keyof Schema>(
  trx: Transaction<Schema>,
  table: Table,
  rows: readonly Insertable<Schema[Table]>[],
): Promise<void> {
  let full: string | undefined;
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = rows.slice(from, from + ROWS_AT_ONCE);
    const isFull = part.length === ROWS_AT_ONCE;
    if (isFull && full !== undefined) {
      await trx.executeQuery(
        CompiledQuery.raw(
          full,
          part.flatMap((row) => Object.values(row)),
        ),
      );
      continue;
    }
    const query = trx.insertInto(table).values(part as never);
    if (isFull) full = query.compile().sql;
    await query.execute();
  }
}

/** SHA-256 over rows as JSON arrays, a line each: what an audit entry says of the rows that name it. */
export function digestOf(rows: readonly (readonly (string | number | null)[])[]): string {
  return sha256(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
