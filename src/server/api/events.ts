import { z } from "zod";
import { cell } from "./cells.ts";
import { job } from "./jobs.ts";

/**
 * What `GET /api/events` sends (text/event-stream; one JSON document in each `data`). After a gap a window reads again what it
 * shows. Labels and predictions of other processes on the same workspace are seen too, as `study`.
 */
export const serverEvent = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hello"), version: z.string() }),
  z.object({ kind: z.literal("job"), job }),
  /** Cells whose labels changed, as a reader who is not blinded sees them; `by` made the change. Blinded readers get `study` instead. */
  z.object({ kind: z.literal("labels"), studyId: z.number(), by: z.string(), cells: z.array(cell) }),
  /** Something else of the study changed: scores, samples, labels by another program. */
  z.object({ kind: z.literal("study"), studyId: z.number() }),
  z.object({ kind: z.literal("models") }),
]);
export type ServerEvent = z.infer<typeof serverEvent>;
