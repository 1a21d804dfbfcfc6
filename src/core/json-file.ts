import { readFile } from "node:fs/promises";
import type { z } from "zod";

/** What a JSON file of ours holds; null where it is not there, is damaged, or is of another form. */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
