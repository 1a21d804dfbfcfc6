import type { ColumnDefinitionBuilder, Dialect, Kysely } from "kysely";

/**
 * What the schema needs to know about a database engine; everything else is standard SQL through Kysely. A second
 * engine is one more object like this, and `test/workspace/storage-suite.ts` run on it.
 */
export interface StorageEngine {
  readonly name: string;
  readonly dialect: Dialect;
  /** Turns an integer column into the table's own ascending number. */
  readonly identity: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /** Type of a column of bytes. */
  readonly bytes: "blob" | "bytea";
  /** What `create table` ends with for a table that is only read by its key; empty where there is no such thing. */
  readonly tableOptions: { readonly clusteredByKey: string };
  /** Makes the database itself refuse to change or remove rows of a table. */
  readonly forbidChanges: (db: Kysely<never>, table: string) => Promise<void>;
}
