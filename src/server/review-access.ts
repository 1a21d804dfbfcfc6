import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { isBlinded } from "../workspace/readers.ts";
import { findScoring, type Scoring } from "../workspace/scorings.ts";
import { type Study, studyOfNumber } from "../workspace/study.ts";
import type { Viewer } from "./blinding.ts";
import type { ReviewContext } from "./context.ts";

/** The study in an address: /api/studies/:id. */
export const studyParams = z.object({ id: z.coerce.number().int() });

/** A study, the scoring in use, and who looks at it. */
export interface StudyAccess {
  readonly study: Study;
  readonly scoring: Scoring | null;
  readonly viewer: Viewer;
}

/** Who looks without having said a name, as a new window does. */
const NOBODY = "";

/** Everything that a request about a study begins with; what writes needs `readerOf` besides. Throws STUDY_MISSING. */
export async function openStudy(
  { workspace: { db } }: Pick<ReviewContext, "workspace">,
  request: FastifyRequest,
  studyId: number,
): Promise<StudyAccess> {
  const reader = request.identity?.name ?? NOBODY;
  const study = await studyOfNumber(db, studyId);
  return {
    study,
    scoring: study.scoringId === null ? null : await findScoring(db, study.scoringId),
    viewer: { reader, blinded: await isBlinded(db, studyId, reader) },
  };
}
