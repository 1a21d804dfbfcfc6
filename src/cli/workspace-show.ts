import type { Command } from "commander";
import { intervalInWords, inWords, percentInWords } from "../assay/wording.ts";
import type { Study } from "../workspace/study.ts";
import type { SampleResult, StudyResult } from "../workspace/study-result.ts";
import { consoleOf, formatTable } from "./console.ts";
import { type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

/** `mn study list`. */
export function registerStudyList(study: Command): void {
  study
    .command("list")
    .description("list the studies of a workspace")
    .addOption(workspaceOption())
    .action(async (options: WorkspaceOptions, command: Command) => {
      const { listStudies } = await import("../workspace/study.ts");
      const { countSamples } = await import("../workspace/counts.ts");
      const rows = await withWorkspace(options, async ({ db }) => {
        const studies = await listStudies(db);
        return await Promise.all(studies.map(async (found) => ({ found, counts: await countSamples(db, found) })));
      });
      const studies = rows.map(({ found, counts }) => ({
        ...studyFacts(found),
        samples: counts.length,
        cells: counts.reduce((sum, { cells }) => sum + cells, 0),
        confirmedCells: counts.reduce((sum, { confirmed }) => sum + confirmed.cells, 0),
      }));
      const table = studies.map(({ name, kind, samples, cells, confirmedCells }) => [
        name,
        kind,
        samples,
        cells,
        confirmedCells,
      ]);
      consoleOf(command).result(
        { studies },
        formatTable([["study", "kind", "samples", "cells", "confirmed"], ...table]),
      );
    });
}

function studyFacts({ name, design, createdAt }: Study) {
  return { name, title: design.title, kind: design.kind, createdAt };
}

const SHOW_HELP = `
With --coded, samples appear under their codes alone, in the codes' order, without donor, dose or treatment.

Examples:
  $ mn study show S-2026-014 --workspace laboratory
  $ mn study show S-2026-014 --coded --json`;

/** `mn study show STUDY`. */
export function registerStudyShow(study: Command): void {
  study
    .command("show")
    .description("print what was counted in a study's samples, and by whom")
    .argument("<study>", "name of the study")
    .option("--coded", "for a blinded scorer: codes instead of names, no doses, no result", false)
    .addOption(workspaceOption())
    .addHelpText("after", SHOW_HELP)
    .action(async (name: string, options: WorkspaceOptions & { coded: boolean }, command: Command) => {
      const { findStudy } = await import("../workspace/study.ts");
      const { countSamples } = await import("../workspace/counts.ts");
      const { computeResult } = await import("../workspace/study-result.ts");
      const console = consoleOf(command);
      const { found, result } = await withWorkspace(options, async (workspace) =>
        workspace.snapshot(async (db) => {
          const study = await findStudy(db, name);
          return { found: study, result: computeResult(study.design, await countSamples(db, study)) };
        }),
      );
      if (options.coded) console.result(codedState(found, result), codedTable(result));
      else console.result({ ...studyFacts(found), ...result }, describeResult(result));
    });
}

function codedState(study: Study, result: StudyResult) {
  return { name: study.name, samples: inCodeOrder(result).map(codedSample) };
}

function codedSample({ sample, cells, confirmed, uncounted }: SampleResult) {
  return { code: sample.code, cells, confirmedCells: confirmed.cells, uncounted };
}

function inCodeOrder({ samples }: StudyResult): SampleResult[] {
  return [...samples].sort((one, other) => (one.sample.code < other.sample.code ? -1 : 1));
}

function codedTable(result: StudyResult): string {
  const rows = inCodeOrder(result).map(({ sample, cells, confirmed }) => [sample.code, cells, confirmed.cells]);
  return formatTable([["code", "cells", "confirmed"], ...rows]);
}

function describeResult(result: StudyResult): string {
  const headings = ["sample", "code", "dose", "cells", "counted", "with MN", "per 1000", "interval", "confirmed"];
  const rows = result.samples.map(({ sample, cells, bnCells, mnbnCells, frequency, confirmed }) => [
    sample.name,
    sample.code,
    sample.dose === null ? "" : `${sample.dose} ${sample.doseUnit ?? ""}`.trim(),
    cells,
    bnCells,
    mnbnCells,
    frequency === null ? "" : inWords(frequency.perThousand),
    frequency === null ? "" : intervalInWords(frequency.clopperPearson),
    bnCells === 0 ? "" : percentInWords((confirmed.normal + confirmed.mn) / bnCells),
  ]);
  return [formatTable([headings, ...rows]), ...doseLines(result), ...verdictLines(result)].join("\n");
}

function doseLines({ dose }: StudyResult): string[] {
  if (dose === null) return [];
  if ("missing" in dose.curve) return ["", `No curve: ${dose.curve.missing}`];
  return [
    "",
    ...dose.doses.map(({ sample, delta }) =>
      "missing" in delta
        ? `${sample.sample.name}: no dose. ${delta.missing}`
        : `${sample.sample.name}: ${inWords(delta.value.doseGray)} Gy, ${percentInWords(delta.value.level)} interval ` +
          `${inWords(delta.value.low)} to ${delta.value.high === null ? "unknown" : inWords(delta.value.high)} Gy`,
    ),
  ];
}

function verdictLines({ genotoxicity }: StudyResult): string[] {
  if (genotoxicity === null) return [];
  const { verdict } = genotoxicity;
  return ["", "missing" in verdict ? `No verdict: ${verdict.missing}` : verdict.value.summary];
}
