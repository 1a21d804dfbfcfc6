import { z } from "zod";

/** What every refused or failed request answers: a code of docs/errors.md and a message that says what to do. */
export const problem = z.object({ code: z.string(), message: z.string() });
export type Problem = z.infer<typeof problem>;

/** A position in a list that is read in parts. */
export const page = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
