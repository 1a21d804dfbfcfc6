import { type RawBuilder, sql } from "kysely";

/**
 * A column's value to compare with, but no way into its table. SQLite knows nothing of the tables' sizes: asked for the few
 * labels of a study, it would begin with the study's cells, a million of them, and look for a label of each.
 */
export function valueOnly(column: string): RawBuilder<number> {
  return sql<number>`+${sql.ref(column)}`;
}
