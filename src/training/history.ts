import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { RUN_FILES, writeRunFile } from "./run-folder.ts";

/** One finished epoch, counted from 1. */
export interface EpochRecord {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainingLoss: number;
  readonly validationLoss: number;
  readonly validationAuc: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
  /** The model of this epoch was kept as the best so far. */
  readonly kept: boolean;
}

const COLUMNS = {
  epoch: "epoch",
  learningRate: "learning_rate",
  trainingLoss: "training_loss",
  validationLoss: "validation_loss",
  validationAuc: "validation_auc",
  imagesPerSecond: "images_per_second",
  seconds: "seconds",
  kept: "kept",
} as const satisfies Record<keyof EpochRecord, string>;

export async function writeHistory(folder: string, history: readonly EpochRecord[]): Promise<void> {
  const rows = history.map((record) => ({ ...record, kept: record.kept ? 1 : 0 }));
  const columns = Object.entries(COLUMNS).map(([key, header]) => ({ key, header }));
  await writeRunFile(folder, RUN_FILES.history, stringify(rows, { header: true, columns }));
}

/** The first `epochs` records of a run's history; fewer where the file is shorter. */
export async function readHistory(folder: string, epochs: number): Promise<EpochRecord[]> {
  const path = join(folder, RUN_FILES.history);
  if (!existsSync(path)) return [];
  const rows = parse(await readFile(path, "utf8"), { columns: true }) as Record<string, string>[];
  return rows.slice(0, epochs).map((row) => ({
    epoch: Number(row[COLUMNS.epoch]),
    learningRate: Number(row[COLUMNS.learningRate]),
    trainingLoss: Number(row[COLUMNS.trainingLoss]),
    validationLoss: Number(row[COLUMNS.validationLoss]),
    validationAuc: Number(row[COLUMNS.validationAuc]),
    imagesPerSecond: Number(row[COLUMNS.imagesPerSecond]),
    seconds: Number(row[COLUMNS.seconds]),
    kept: row[COLUMNS.kept] === "1",
  }));
}
