import type { Generated } from "kysely";

/**
 * The tables of a workspace. Times are UTC in ISO 8601; columns that end in `_json` hold JSON text.
 *
 * `cell`, `prediction`, `label`, `label_key`, `draw`, `attention_map` and `audit_entry` are append-only: triggers refuse updates and deletions.
 * An `entry` is the audit entry that vouches for the row by a digest.
 */
export interface Schema {
  study: StudyTable;
  sample: SampleTable;
  source: SourceTable;
  slide: SlideTable;
  cell: CellTable;
  scoring: ScoringTable;
  prediction: PredictionTable;
  prediction_tally: PredictionTallyTable;
  attention_map: AttentionMapTable;
  label: LabelTable;
  current_label: CurrentLabelTable;
  label_key: LabelKeyTable;
  draw: DrawTable;
  reader: ReaderTable;
  review_position: ReviewPositionTable;
  audit_entry: AuditEntryTable;
  audit_head: AuditHeadTable;
}

export interface StudyTable {
  id: Generated<number>;
  name: string;
  /** See `StudyDesign`. */
  design_json: string;
  created_at: string;
  /** The scoring whose predictions count where no person has looked. */
  scoring_id: number | null;
}

export interface SampleTable {
  id: Generated<number>;
  study_id: number;
  name: string;
  /** What a blinded scorer sees instead of the name; says nothing about donor or dose. */
  code: string;
  role: string | null;
  donor: string | null;
  culture: string | null;
  replicate: string | null;
  treatment: string | null;
  /** Dose or concentration, in `dose_unit`. */
  dose: number | null;
  dose_unit: string | null;
  harvest_hours: number | null;
  /** Cells counted by number of nuclei elsewhere, for the proliferation indices. */
  mono_cells: number | null;
  bi_cells: number | null;
  multi_cells: number | null;
  /** All other columns of the study table, as they were. */
  columns_json: string;
  /** Why the sample is left out of the result; null where it is not. */
  excluded: string | null;
}

/** A folder or a table that cells came from. */
export interface SourceTable {
  id: Generated<number>;
  study_id: number;
  /** As it was named. */
  path: string;
  /** Absolute folder that the cells' file names start from. */
  base: string;
  /** SHA-256 of a table; null for a folder. */
  sha256: string | null;
}

export interface SlideTable {
  id: Generated<number>;
  study_id: number;
  sample_id: number;
  name: string;
  /** Cells imported, duplicates included. */
  cells: number;
  duplicates: number;
}

export interface CellTable {
  id: number;
  slide_id: number;
  source_id: number;
  /** File name as in its source. */
  file: string;
  original_id: string | null;
  /** Position in the field or on the slide, in the source's unit. */
  x: number | null;
  y: number | null;
  /** All other columns of the source, as they were. */
  columns_json: string | null;
  /** SHA-256 of the image file; null where it could not be read at import, or no image was asked for. */
  sha256: string | null;
  /** An earlier cell of the study with the same picture; this one is then neither scored nor counted. */
  duplicate_of: number | null;
  entry: number;
}

export interface ScoringTable {
  id: Generated<number>;
  study_id: number;
  model_sha256: string;
  model_path: string;
  /** See `ModelMetadata`. */
  model_json: string;
  threshold: number;
  settings_json: string;
  /** Version of this software. */
  version: string;
  started_at: string;
}

/** `flagged`: scored, but the image's quality forbids to count it unseen. */
export const PREDICTED_OUTCOMES = ["positive", "negative", "flagged", "unreadable"] as const;
export type PredictedOutcome = (typeof PREDICTED_OUTCOMES)[number];

export interface PredictionTable {
  scoring_id: number;
  cell_id: number;
  outcome: PredictedOutcome;
  probability: number | null;
  quality: string;
  attention_x: number | null;
  attention_y: number | null;
  attention_peak: number | null;
  error: string | null;
  entry: number;
}

/** How many predictions of each outcome a slide has: kept in the transaction that adds predictions. */
export interface PredictionTallyTable {
  scoring_id: number;
  slide_id: number;
  outcome: PredictedOutcome;
  cells: number;
}

/** Attention over a cell that was called positive, row by row, 255 for 1. */
export interface AttentionMapTable {
  scoring_id: number;
  cell_id: number;
  name: string;
  width: number;
  height: number;
  data: Uint8Array;
}

export const FINDINGS = ["normal", "mn", "mononucleate", "multinucleate", "unscorable", "withdrawn"] as const;
export type Finding = (typeof FINDINGS)[number];

export interface LabelTable {
  id: number;
  cell_id: number;
  reader: string;
  finding: Finding;
  /** Micronuclei in the cell; null where they were not counted. */
  micronuclei: number | null;
  reason: string | null;
  /** The queue that the reader worked on, such as `random-negative`. */
  queue: string | null;
  /** The label that this one takes back, for `withdrawn`. */
  withdraws: number | null;
  at: string;
  entry: number;
}

/** The label that counts, for every cell that has one: see `countingLabel`. */
export interface CurrentLabelTable {
  cell_id: number;
  label_id: number;
}

/** Requests that were answered: one that comes again under the same key finds its label here and writes nothing. */
export interface LabelKeyTable {
  /** Made by who asked, once for each decision. */
  key: string;
  /** The label, or the withdrawal, that the request wrote. */
  label_id: number;
}

/** A random sample of the cells that a scoring gave one call, drawn for a person to look at. */
export interface DrawTable {
  id: Generated<number>;
  study_id: number;
  scoring_id: number;
  called: "positive" | "negative";
  /** Of the random stream: with it the draw can be repeated. */
  seed: string;
  /** Cells that could have been drawn. */
  available: number;
  /** Cells drawn, in the order in which they were drawn: a JSON list of numbers. */
  cells_json: string;
  drawn_at: string;
}

/** How somebody reads a study, where it differs from the ordinary. */
export interface ReaderTable {
  id: Generated<number>;
  study_id: number;
  name: string;
  /** 1: sees no prediction, no label of others and no name of a sample. */
  blinded: number;
}

/** Where a reader stopped in a queue. */
export interface ReviewPositionTable {
  reader: string;
  study_id: number;
  queue: string;
  /** 0 for the queue over all samples. */
  sample_id: number;
  cell_id: number;
}

export interface AuditEntryTable {
  /** 1, 2, 3, ... without gaps. */
  seq: number;
  at: string;
  who: string;
  action: string;
  /** What was changed, such as `sample 12`. */
  subject: string;
  study_id: number | null;
  old_json: string | null;
  new_json: string | null;
  reason: string | null;
  /** Digest of the rows that name this entry; null where there are none. */
  digest: string | null;
  previous_hash: string;
  hash: string;
}

/** One row: the length of the audit trail and the hash of its last entry. */
export interface AuditHeadTable {
  id: number;
  entries: number;
  hash: string;
}
