import { z } from "zod";
import { QUEUES } from "../../review/queue-names.ts";
import { page } from "./problem.ts";

export const queueName = z.enum(QUEUES);
export type QueueName = z.infer<typeof queueName>;

export const finding = z.enum(["normal", "mn", "mononucleate", "multinucleate", "unscorable"]);
export type Finding = z.infer<typeof finding>;

export const label = z.object({
  id: z.number(),
  cellId: z.number(),
  reader: z.string(),
  finding,
  micronuclei: z.number().nullable(),
  reason: z.string().nullable(),
  queue: z.string().nullable(),
  at: z.string(),
});
export type Label = z.infer<typeof label>;

/** One cell in a list. For a blinded reader: no prediction, no label of others, the code instead of the sample's name. */
export const cell = z.object({
  id: z.number(),
  sampleId: z.number(),
  sample: z.string(),
  slide: z.string(),
  file: z.string(),
  originalId: z.string().nullable(),
  probability: z.number().nullable(),
  outcome: z.enum(["positive", "negative", "flagged", "unreadable"]).nullable(),
  quality: z.string().nullable(),
  error: z.string().nullable(),
  /** The label that counts. */
  label: label.nullable(),
  /** The asking reader's own standing label. */
  ownLabel: label.nullable(),
  /** Standing labels of all readers differ. */
  disagreement: z.boolean(),
});
export type Cell = z.infer<typeof cell>;

export const cellsQuery = page.extend({
  queue: queueName.default("all"),
  sampleId: z.coerce.number().int().optional(),
});

/** The order of a queue stays the same while its cells are labelled: `offset` is a lasting place. */
export const cellList = z.object({ queue: queueName, total: z.number(), offset: z.number(), cells: z.array(cell) });
export type CellList = z.infer<typeof cellList>;

export const queue = z.object({
  name: queueName,
  cells: z.number(),
  /** Cells of it that the asking reader has labelled (`disagreements`: that were adjudicated). */
  reviewed: z.number(),
  /** Where the asking reader stopped: place of the cell in the queue; null where never begun. */
  position: z.number().nullable(),
});
export type Queue = z.infer<typeof queue>;

export const queuesQuery = z.object({ sampleId: z.coerce.number().int().optional() });

export const positionUpdate = z.object({ cellId: z.number(), sampleId: z.number().nullable().default(null) });

/** A decision. `key` is made by the window, once for each: sent again after a broken connection it is not written twice. */
export const newLabel = z.object({
  key: z.uuid(),
  cellId: z.number().int(),
  finding,
  micronuclei: z.number().int().min(0).max(99).nullable(),
  reason: z.string().trim().max(200).nullable().default(null),
  queue: queueName.nullable().default(null),
});
export type NewLabel = z.infer<typeof newLabel>;
export const newLabels = z.object({ labels: z.array(newLabel).min(1).max(200) });

export const undo = z.object({ key: z.uuid(), cellId: z.number().int() });
export type Undo = z.infer<typeof undo>;

/** What counts of the cells after the change, on the disk already. */
export const labelled = z.object({ cells: z.array(cell) });
export type Labelled = z.infer<typeof labelled>;

/** How many cells of one call to look at for the wanted half-width of the interval of the missed (or false) share. */
export const auditPlanQuery = z.object({
  called: z.enum(["positive", "negative"]),
  precision: z.coerce.number().gt(0).lt(1).default(0.02),
});
export const auditPlan = z.object({
  called: z.enum(["positive", "negative"]),
  /** Cells with this call that can still be drawn. */
  available: z.number(),
  suggested: z.number(),
  drawn: z.number(),
  reviewed: z.number(),
});
export type AuditPlan = z.infer<typeof auditPlan>;
/** `cells`: how large the random sample shall be in all; only what it lacks is drawn, so that asking twice draws once. */
export const newAudit = z.object({
  called: z.enum(["positive", "negative"]),
  cells: z.number().int().min(1).max(100_000),
});
export type NewAudit = z.infer<typeof newAudit>;

/** A reader of a study who does not see predictions, others' labels and samples' names. */
export const readerSettings = z.object({ reader: z.string(), blinded: z.boolean() });
export type ReaderSettings = z.infer<typeof readerSettings>;
/** For oneself. To end a blinded reading needs the role of a reviewer. */
export const readerUpdate = readerSettings.pick({ blinded: true });
export type ReaderUpdate = z.infer<typeof readerUpdate>;

/** A cell's picture: its longer side, pixels (absent: its own size), and the percentiles of its grey values that become black and white. */
export const tileQuery = z
  .object({
    side: z.coerce.number().int().min(64).max(1024),
    low: z.coerce.number().min(0).max(100),
    high: z.coerce.number().min(0).max(100),
  })
  .partial();
