import { readHead, readTrail } from "../workspace/audit-trail.ts";
import { auditedCells } from "../workspace/call-audit.ts";
import { countSamples } from "../workspace/counts.ts";
import { listScorings } from "../workspace/scorings.ts";
import type { Study } from "../workspace/study.ts";
import { calledPositive, listDeviations, probabilityHistogram, type ShownCell } from "../workspace/study-cells.ts";
import { computeResult } from "../workspace/study-result.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { GalleryCell, StudyReport } from "./study-report.ts";

const HISTOGRAM_BINS = 40;
const DEVIATIONS_OF_A_KIND = 100;
const GALLERY = { perSample: 4, most: 24 };

/** Everything that a study's report shows, of one state of the workspace; `showCell` makes the pictures of a cell. */
export async function readStudyReport(
  workspace: Workspace,
  findStudy: (db: Workspace["db"]) => Promise<Study>,
  { version, showCell }: { readonly version: string; readonly showCell: (cell: ShownCell) => Promise<GalleryCell> },
): Promise<StudyReport> {
  const { shown, ...read } = await workspace.snapshot(async (db) => {
    const study = await findStudy(db);
    const head = await readHead(db);
    const [last] = await readTrail(db, { after: head.entries - 1, limit: 1 });
    const scorings = await listScorings(db, study.id);
    return {
      study,
      result: computeResult(study.design, await countSamples(db, study)),
      scoring: scorings.find(({ id }) => id === study.scoringId) ?? null,
      otherScorings: scorings.filter(({ id }) => id !== study.scoringId),
      histogram: asHistogram(await probabilityHistogram(db, study, HISTOGRAM_BINS)),
      audited: await auditedCells(db, study),
      deviations: await listDeviations(db, study, DEVIATIONS_OF_A_KIND),
      head,
      stateAt: last?.at ?? study.createdAt,
      sources: await db
        .selectFrom("source")
        .select(["path", "sha256"])
        .where("study_id", "=", study.id)
        .groupBy(["path", "sha256"])
        .orderBy(({ fn }) => fn.min("id"))
        .execute(),
      shown: await calledPositive(db, study, GALLERY),
    };
  });
  const gallery: GalleryCell[] = [];
  for (const cell of shown) gallery.push(await showCell(cell));
  return { ...read, gallery, version };
}

function asHistogram(counts: Awaited<ReturnType<typeof probabilityHistogram>>): StudyReport["histogram"] {
  const of = (outcome: string): number[] =>
    Array.from({ length: HISTOGRAM_BINS }, (_, bin) =>
      counts.reduce((sum, count) => sum + (count.outcome === outcome && count.bin === bin ? count.cells : 0), 0),
    );
  const edges = Array.from({ length: HISTOGRAM_BINS + 1 }, (_, bin) => bin / HISTOGRAM_BINS);
  return { edges, positives: of("positive"), negatives: of("negative") };
}
