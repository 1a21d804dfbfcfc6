import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { sha256OfFile } from "../../src/core/files.ts";
import { RandomStream } from "../../src/core/random.ts";
import type { ServerEvent } from "../../src/server/api/events.ts";
import { REVIEW_LIMITS, type ReviewApp, type ReviewContext } from "../../src/server/context.ts";
import { Jobs } from "../../src/server/jobs.ts";
import { ModelShelf } from "../../src/server/model-shelf.ts";
import { answerProblems } from "../../src/server/problems.ts";
import { importCells } from "../../src/workspace/import-cells.ts";
import { createStudy, type Study } from "../../src/workspace/study.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { tinyModel } from "../scoring/tiny-model.ts";

export const NOW = () => new Date("2026-03-04T12:00:00.000Z");

export interface TinyReview {
  readonly app: ReviewApp;
  readonly context: ReviewContext;
  /** What the windows were told. */
  readonly events: ServerEvent[];
  readonly close: () => Promise<void>;
}

export type Routes = (app: ReviewApp, context: ReviewContext) => Promise<void>;

/** Some addresses over a new workspace whose model in the box is a tiny one; Ana asks, who may do everything. */
export async function tinyReview(
  routes: readonly Routes[],
  options: { readonly folder?: string; readonly limits?: Partial<ReviewContext["limits"]> } = {},
): Promise<TinyReview> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "mn-review-")));
  const box = join(folder, "box.onnx");
  await writeFile(box, tinyModel(1));
  const events: ServerEvent[] = [];
  const feed = { publish: (event: ServerEvent) => events.push(event) } as unknown as ReviewContext["feed"];
  const context: ReviewContext = {
    workspace: await openOrCreate(folder),
    folder,
    feed,
    jobs: new Jobs({ now: NOW, publish: (job) => events.push({ kind: "job", job }) }),
    models: new ModelShelf(folder, box),
    accounts: null,
    limits: { ...REVIEW_LIMITS, ...options.limits },
    version: "0.0.0-test",
    now: NOW,
    webFolder: null,
  };
  const app = await serve(routes, context);
  const close = async () => {
    await app.close();
    await context.jobs.close();
    await context.workspace.close();
    if (options.folder === undefined) await rm(folder, { recursive: true });
  };
  return { app, context, events, close };
}

async function openOrCreate(folder: string): Promise<Workspace> {
  return await Workspace.open(folder, NOW).catch(async () => await Workspace.create(folder, NOW));
}

async function serve(routes: readonly Routes[], context: ReviewContext): Promise<ReviewApp> {
  const app: ReviewApp = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("identity", null);
  app.addHook("onRequest", async (request) => {
    request.identity = { name: "Ana", role: "admin" };
  });
  answerProblems(app, { folder: context.folder, reportFault: (error) => console.error(error) });
  for (const add of routes) await app.register(async (own) => add(own as ReviewApp, context), { prefix: "/api" });
  return app;
}

/** A study with cells that lie in a folder, a sample for each name. */
export async function studyOf(
  { workspace }: Pick<ReviewContext, "workspace">,
  name: string,
  samples: Readonly<Record<string, { readonly folder: string; readonly files: readonly string[] }>>,
): Promise<Study> {
  const study = await createStudy(workspace, "Ana", { name, design: { title: name, kind: "frequency" } });
  for (const [sample, { folder, files }] of Object.entries(samples)) {
    const hashes = await Promise.all(files.map((file) => sha256OfFile(join(folder, file)).catch(() => null)));
    const incoming = files.map((file, index) => ({
      ...{ sample: sampleNamed(sample), slide: "1", file, originalId: null, x: null, y: null, columnsJson: null },
      sha256: hashes[index] ?? null,
    }));
    await importCells(workspace, "Ana", {
      studyId: study.id,
      source: { path: folder, base: folder, sha256: null },
      cells: (async function* () {
        yield incoming;
      })(),
      codes: new RandomStream(sample),
    });
  }
  return study;
}
