import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { writeFileAtomically } from "../src/core/files.ts";
import type { Evaluation } from "../src/evaluation/evaluation.ts";
import { MEASUREMENTS_FILE } from "../src/experiments/run-measurements.ts";
import type { RunEvaluation } from "../src/training/finish.ts";
import { RUN_FILES } from "../src/training/run-folder.ts";

/*
 * node bench/pack-runs.ts OUT RUN...   finished runs for an archive: without models and checkpoints, and without what can be
 *                                      computed from the scores (curves, groups, reliability). An experiment takes such a run as
 *                                      finished; bench/folds.ts and bench/results.ts read it too.
 *   --no-validation                    nor the scores of validation cells, which no experiment then takes
 *
 * tar c -C OUT --sort=name --owner=0 --group=0 --numeric-owner --mtime=2026-01-01 . | xz -9e > runs.tar.xz
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: { validation: { type: "boolean", default: true } },
});
const [out, ...runs] = positionals;
if (out === undefined || runs.length === 0) throw new Error("node bench/pack-runs.ts OUT RUN...: no run is given.");

const COLUMNS = ["file", "label", "source", "field", "group", "probability"];

for (const run of runs) {
  const packed = join(out, basename(run));
  await mkdir(packed, { recursive: true });
  for (const name of [RUN_FILES.settings, RUN_FILES.history]) await copyFile(join(run, name), join(packed, name));
  const evaluation = JSON.parse(await readFile(join(run, RUN_FILES.evaluation), "utf8")) as RunEvaluation;
  const brief = { ...evaluation, validation: briefly(evaluation.validation), test: briefly(evaluation.test) };
  await writeFileAtomically(join(packed, RUN_FILES.evaluation), `${JSON.stringify(brief, null, 2)}\n`);
  if (values.validation) await packScores(RUN_FILES.validationScores);
  // Measurements are known by the hash of the test scores beside them, which then keep every byte.
  if (!existsSync(join(run, MEASUREMENTS_FILE))) await packScores(RUN_FILES.testScores);
  else
    for (const name of [MEASUREMENTS_FILE, RUN_FILES.testScores]) await copyFile(join(run, name), join(packed, name));

  async function packScores(name: string): Promise<void> {
    const scores: Record<string, string>[] = parse(await readFile(join(run, name)), { columns: true });
    const columns = COLUMNS.filter((column) => scores[0]?.[column] !== undefined);
    await writeFileAtomically(join(packed, name), stringify(scores, { header: true, columns }));
  }
}

function briefly(evaluation: Evaluation | null): Partial<Evaluation> | null {
  if (evaluation === null) return null;
  const { curves, groups, reliability, ...brief } = evaluation;
  return brief;
}
