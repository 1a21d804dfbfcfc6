import { basename, extname } from "node:path";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { ReviewProgress } from "../workspace/progress.ts";
import { slideProgress, sumProgress } from "../workspace/progress.ts";
import { setBlinded } from "../workspace/readers.ts";
import { listSamples, listSlides, type Sample, type Slide } from "../workspace/samples.ts";
import type { Scoring } from "../workspace/scorings.ts";
import { createStudy, listStudies } from "../workspace/study.ts";
import { readerSettings, readerUpdate } from "./api/cells.ts";
import { newStudy, type StudySummary, study as studyAnswer, studySummary } from "./api/studies.ts";
import { progressAnswer, sampleAnswer, slideAnswer, type Viewer } from "./blinding.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { openStudy, type StudyAccess, studyParams } from "./review-access.ts";
import { readerOf, requireRole } from "./security.ts";

/** Studies: /api/studies, /api/studies/:id, and how the asking reader reads one: /api/studies/:id/reader. */
export async function studyRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const { workspace, feed } = context;

  app.get(
    "/studies",
    { schema: { response: { 200: z.object({ studies: z.array(studySummary) }) } } },
    async (request) => {
      const studies: StudySummary[] = [];
      for (const { id } of await listStudies(workspace.db))
        studies.push((await readStudy(context, request, id)).summary);
      return { studies };
    },
  );

  app.post("/studies", { schema: { body: newStudy, response: { 200: studySummary } } }, async (request) => {
    requireRole(request, "reviewer");
    const { name, title, kind } = request.body;
    const { id } = await createStudy(workspace, readerOf(request), { name, design: { title: title || name, kind } });
    feed.publish({ kind: "study", studyId: id });
    return (await readStudy(context, request, id)).summary;
  });

  app.get("/studies/:id", { schema: { params: studyParams, response: { 200: studyAnswer } } }, async (request) => {
    const { summary, samples, slides, progress, viewer } = await readStudy(context, request, request.params.id);
    return { ...summary, sampleList: sampleList(samples, slides, progress, viewer) };
  });

  app.get(
    "/studies/:id/reader",
    { schema: { params: studyParams, response: { 200: readerSettings } } },
    async (request) => {
      return (await openStudy(context, request, request.params.id)).viewer;
    },
  );

  app.put(
    "/studies/:id/reader",
    { schema: { params: studyParams, body: readerUpdate, response: { 200: readerSettings } } },
    async (request) => {
      const { study, viewer } = await openStudy(context, request, request.params.id);
      const reader = readerOf(request);
      const { blinded } = request.body;
      // Else a reader could look up the others' findings in between.
      if (viewer.blinded && !blinded) requireRole(request, "reviewer");
      await setBlinded(workspace, reader, { studyId: study.id, name: reader, blinded });
      return { reader, blinded };
    },
  );
}

interface ReadStudy {
  readonly summary: StudySummary;
  readonly samples: readonly Sample[];
  readonly slides: readonly Slide[];
  readonly progress: ReadonlyMap<number, ReviewProgress>;
  readonly viewer: Viewer;
}

async function readStudy(context: ReviewContext, request: FastifyRequest, id: number): Promise<ReadStudy> {
  const { db } = context.workspace;
  const access = await openStudy(context, request, id);
  const samples = await listSamples(db, id);
  const slides = await listSlides(db, id);
  const progress = await slideProgress(db, access.study);
  const summary = await summarise(context, access, sumProgress([...progress.values()]), {
    samples: samples.length,
    slides: slides.length,
  });
  return { summary, samples, slides, progress, viewer: access.viewer };
}

async function summarise(
  { jobs, models }: ReviewContext,
  { study, scoring, viewer }: StudyAccess,
  progress: ReviewProgress,
  counts: { readonly samples: number; readonly slides: number },
): Promise<StudySummary> {
  const { id, name, design, createdAt } = study;
  const job = jobs.workingOn(id);
  return {
    ...{ id, name, title: design.title, kind: design.kind, createdAt, ...counts },
    state: stateOf(progress, job !== null),
    progress: progressAnswer(progress, viewer),
    scoring:
      scoring === null
        ? null
        : {
            id: scoring.id,
            modelId: scoring.modelSha256,
            model: nameOfModel(scoring, await models.list()),
            threshold: scoring.threshold,
          },
    jobId: job?.id ?? null,
  };
}

function nameOfModel({ modelSha256, modelPath }: Scoring, shelf: readonly { id: string; name: string }[]): string {
  return shelf.find(({ id }) => id === modelSha256)?.name ?? basename(modelPath, extname(modelPath));
}

function stateOf(progress: ReviewProgress, isWorkedOn: boolean): StudySummary["state"] {
  const { cells, duplicates, scored, calledPositive, positiveReviewed } = progress;
  if (isWorkedOn) return "scoring";
  if (cells === 0) return "empty";
  if (scored < cells - duplicates) return "unscored";
  return positiveReviewed < calledPositive ? "reviewing" : "reviewed";
}

/** In the order of their import; for a blinded reader, whom that order would tell something, in that of their codes. */
function sampleList(
  samples: readonly Sample[],
  slides: readonly Slide[],
  progress: ReadonlyMap<number, ReviewProgress>,
  viewer: Viewer,
) {
  const list = samples.map((sample) => {
    const own = slides
      .filter(({ sampleId }) => sampleId === sample.id)
      .flatMap((slide) => {
        const ofSlide = progress.get(slide.id);
        return ofSlide === undefined ? [] : [{ slide, ofSlide }];
      });
    return {
      ...sampleAnswer(sample, sumProgress(own.map(({ ofSlide }) => ofSlide)), viewer),
      slides: own.map(({ slide, ofSlide }) => ({
        id: slide.id,
        name: slideAnswer(slide, viewer),
        sampleId: sample.id,
        progress: progressAnswer(ofSlide, viewer),
      })),
    };
  });
  return viewer.blinded ? list.sort((one, other) => (one.code < other.code ? -1 : 1)) : list;
}
