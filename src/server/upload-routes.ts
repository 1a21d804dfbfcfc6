import type { Readable } from "node:stream";
import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { studyOfNumber } from "../workspace/study.ts";
import { jobStarted } from "./api/jobs.ts";
import { finishUpload, upload, uploadedFile } from "./api/studies.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { startScoring } from "./score-job.ts";
import { readerOf, requireRole } from "./security.ts";
import { type OpenUpload, Uploads } from "./uploads.ts";

const studyParams = z.object({ id: z.coerce.number().int() });
const uploadParams = studyParams.extend({ upload: z.string() });
const schema = { tags: ["uploads"] };

/** Images from the browser into a study: begin, bring the files one by one, finish. */
export async function uploadRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const uploads = new Uploads(context.folder, context.limits);
  // Files are streamed to the disk, never held: the parser hands the stream on.
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));

  app.post(
    "/studies/:id/uploads",
    { schema: { ...schema, params: studyParams, response: { 200: upload } } },
    async (request) => {
      requireRole(request, "reviewer");
      const { id: studyId } = await studyOfNumber(context.workspace.db, request.params.id);
      return shown(await uploads.start({ studyId, by: readerOf(request), at: context.now().toISOString() }));
    },
  );
  app.put(
    "/studies/:id/uploads/:upload/files",
    { schema: { ...schema, params: uploadParams, querystring: uploadedFile, response: { 200: upload } } },
    async (request, reply) => {
      requireRole(request, "reviewer");
      const { id, upload: uploadId } = request.params;
      // A refused file is not read to its end; the connection then cannot serve another request.
      reply.header("connection", "close");
      const received = await uploads.receive(uploadId, id, request.query.name, bodyOf(request.body));
      reply.removeHeader("connection");
      return shown(received);
    },
  );
  app.post(
    "/studies/:id/uploads/:upload/finish",
    { schema: { ...schema, params: uploadParams, body: finishUpload, response: { 200: jobStarted } } },
    async (request) => {
      requireRole(request, "reviewer");
      const { id: studyId, upload: uploadId } = request.params;
      const { files } = await uploads.find(uploadId, studyId);
      if (files.size === 0)
        throw new UsageError("UPLOAD_EMPTY", "No image has arrived in this upload. Bring its images first.");
      const brought = { id: uploadId, ...request.body };
      const job = await startScoring(context, { studyId, by: readerOf(request), modelId: null, upload: brought });
      uploads.forget(uploadId);
      return { job };
    },
  );
}

function shown({ id, studyId, files, bytes }: OpenUpload): z.infer<typeof upload> {
  return { id, studyId, files: files.size, bytes };
}

function bodyOf(body: unknown): Readable {
  if (body !== undefined && body !== null) return body as Readable;
  throw new UsageError(
    "REQUEST_INVALID",
    "The request has no body. Send the image's bytes as application/octet-stream.",
  );
}
