import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ImageError, UsageError } from "../core/errors.ts";
import type { AttentionMap } from "../engine/classifier-session.ts";
import { rangeOf, type ScaleRange } from "../explanation/attention-image.ts";
import { paintLayer } from "../explanation/map-layer.ts";
import { type OcclusionResult, occlude } from "../explanation/occlusion.ts";
import { resizeImage } from "../images/resize.ts";
import { sharp } from "../images/sharp.ts";
import { labelsOfCell } from "../workspace/labels.ts";
import { type CellMap, type Explanation, explanation, mapQuery, occlusion, similarCells } from "./api/explanation.ts";
import { labelAnswer, requireSight } from "./blinding.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { type CellLook, CellLooks } from "./cell-look.ts";
import { type PicturedCell, picturedCell } from "./cell-picture.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { Explainer, type ModelSource } from "./explainer.ts";
import { openStudy, type StudyAccess } from "./review-access.ts";
import { modelOfScoring } from "./scoring-model.ts";
import { SimilarCells } from "./similar-cells.ts";
import { readPicture } from "./tile.ts";

const cellParams = z.object({ id: z.coerce.number().int() });
const schema = { tags: ["explanation"] };

/** Occlusion maps that are kept. */
const KEPT_OCCLUSIONS = 500;
/** The longer side of a map's layer, pixels, where nothing is said; the browser smooths what is between. */
const MAP_SIDE = 224;

/** A cell that somebody wants explained. */
interface AskedCell extends StudyAccess {
  readonly cell: PicturedCell;
  /** The one whose predictions count; the one in use where there are none. */
  readonly model: ModelSource;
  /** From it on a cell is called positive. */
  readonly threshold: number;
}

/** Why the model says what it says of a cell. */
export async function explanationRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const { workspace, folder, limits } = context;
  const maxPixels = limits.imagePixels;
  const explainer = new Explainer();
  const looks = new CellLooks(explainer, maxPixels);
  const similar = new SimilarCells(workspace, { folder, explainer, maxPixels });
  const occlusions = new BoundedCache<OcclusionResult>(KEPT_OCCLUSIONS);
  app.addHook("onClose", async () => await explainer.close());

  const asked = async (request: FastifyRequest, id: number) => await askAbout(context, request, id);
  const occluded = async ({ cell, model, threshold }: AskedCell): Promise<OcclusionResult> => {
    const key = `${model.id} ${cell.id} ${threshold}`;
    const found = occlusions.get(key) ?? (await computeOcclusion());
    occlusions.set(key, found);
    return found;

    async function computeOcclusion(): Promise<OcclusionResult> {
      const picture = await readPicture(cell, { maxPixels });
      const side = await explainer.sideOf(model);
      const image = resizeImage(picture, side, side);
      const probabilitiesOf = async (images: readonly (typeof image)[]) => {
        const seen = await Promise.all(images.map(async (covered) => await explainer.look(model, covered)));
        return seen.map(({ probability }) => probability);
      };
      return await occlude(image, probabilitiesOf, threshold);
    }
  };

  app.get(
    "/cells/:id/explanation",
    { schema: { ...schema, params: cellParams, response: { 200: explanation } } },
    async (request) => {
      const about = await asked(request, request.params.id);
      return await explain(context, looks, about);
    },
  );
  app.get("/cells/:id/maps/:name", {
    schema: { ...schema, params: cellParams.extend({ name: z.string().max(40) }), querystring: mapQuery },
    handler: async (request, reply) => {
      const about = await asked(request, request.params.id);
      requireSight(about.viewer);
      const { side = MAP_SIDE, v } = request.query;
      const version = versionOf(about);
      const tag = `"${version}-${about.cell.sha256 ?? "unknown"}-${request.params.name}-${side}"`;
      reply.header("etag", tag);
      // Only an address that names the model says for ever the same.
      reply.header("cache-control", v === version ? "private, max-age=31536000, immutable" : "private, no-cache");
      if (request.headers["if-none-match"] === tag) return await reply.code(304).send();
      const map =
        request.params.name === OCCLUSION
          ? (await occluded(about)).drops
          : (await looks.look(about.model, about.cell)).maps.get(request.params.name);
      if (map === undefined) throw mapMissing(request.params.name);
      return await reply.type("image/png").send(await encodeLayer(map, side, rangeShown(request.params.name, map)));
    },
  });
  app.post(
    "/cells/:id/occlusion",
    { schema: { ...schema, params: cellParams, response: { 200: occlusion } } },
    async (request) => {
      const about = await asked(request, request.params.id);
      requireSight(about.viewer);
      const { baseline, drops, strongest } = await occluded(about);
      return { baseline, strongest, map: mapAnswer(about, OCCLUSION, drops) };
    },
  );
  app.get(
    "/cells/:id/similar",
    {
      schema: {
        ...schema,
        params: cellParams,
        querystring: z.object({ count: z.coerce.number().int().min(1).max(50).default(6) }),
        response: { 200: similarCells },
      },
    },
    async (request) => {
      const { cell, model, viewer } = await asked(request, request.params.id);
      requireSight(viewer);
      const { cells, compared } = await similar.find(model, cell, request.query.count);
      return {
        compared,
        cells: cells.map(({ label, sample, similarity }) => ({
          ...{ cellId: label.cell_id, similarity, sample },
          label: labelAnswer(label),
        })),
      };
    },
  );
}

const OCCLUSION = "occlusion";

async function askAbout(context: ReviewContext, request: FastifyRequest, id: number): Promise<AskedCell> {
  const cell = await picturedCell(context.workspace, id);
  const access = await openStudy(context, request, cell.studyId);
  const { scoring } = access;
  if (scoring !== null)
    return { ...access, cell, model: await modelOfScoring(context, scoring), threshold: scoring.threshold };
  const current = await context.models.current();
  return { ...access, cell, model: current, threshold: current.metadata.operating_point.threshold };
}

async function explain({ workspace }: ReviewContext, looks: CellLooks, about: AskedCell): Promise<Explanation> {
  const { cell, model, scoring, viewer } = about;
  const seen = await looks.look(model, cell).catch((error: unknown) => {
    if (error instanceof ImageError) return error;
    throw error;
  });
  const look = seen instanceof ImageError ? null : seen;
  const labels = await labelsOfCell(workspace.db, cell.id);
  const withdrawn = new Set(labels.map(({ withdraws }) => withdraws));
  const shown = labels.filter(
    ({ finding, reader }) => finding !== "withdrawn" && (!viewer.blinded || reader === viewer.reader),
  );
  const common = {
    cellId: cell.id,
    image: look?.image ?? null,
    labels: shown.map((label) => ({ ...labelAnswer(label), withdrawn: withdrawn.has(label.id) })),
  };
  if (viewer.blinded) return { ...common, probability: null, threshold: null, quality: null, error: null, maps: [] };
  const prediction = await workspace.db
    .selectFrom("prediction")
    .select(["probability", "quality", "error"])
    .where("cell_id", "=", cell.id)
    .where("scoring_id", "=", scoring?.id ?? 0)
    .executeTakeFirst();
  return {
    ...common,
    probability: prediction?.probability ?? null,
    threshold: scoring?.threshold ?? null,
    quality: prediction?.quality ?? null,
    error: seen instanceof ImageError ? `${seen.code}: ${seen.message}` : null,
    maps: look === null ? [] : mapsOf(about, look),
  };
}

function mapsOf(about: AskedCell, { maps }: CellLook): CellMap[] {
  return [...maps].map(([name, map]) => mapAnswer(about, name, map));
}

function mapAnswer(about: AskedCell, name: string, map: AttentionMap): CellMap {
  const { low, high } = rangeOf(map);
  const place = map.data.indexOf(high);
  const peak = {
    x: ((place % map.width) + 0.5) / map.width,
    y: (Math.floor(place / map.width) + 0.5) / map.height,
    value: high,
  };
  const url = `/api/cells/${about.cell.id}/maps/${name}?v=${versionOf(about)}`;
  // Where nothing speaks for micronuclei there is no place that speaks most.
  const hasPeak = high > 0 && high > low;
  return { name, title: titleOf(name), url, peak: hasPeak ? peak : null, minimum: low, maximum: high };
}

/** Names what a map is computed with: the model, and the threshold, which decides what occlusion looks for. */
function versionOf({ model, threshold }: AskedCell): string {
  return `${model.id.slice(0, 16)}-${threshold}`;
}

function titleOf(name: string): string {
  if (name === "evidence") return "Evidence for micronuclei";
  if (name === OCCLUSION) return "What covering takes off the probability";
  return `Attention, layer ${name.replace(/^layer/, "")}`;
}

/** Attention is shown over its own range; evidence and occlusion from nothing on, so that only what counts has colour. */
function rangeShown(name: string, map: AttentionMap): ScaleRange {
  const range = rangeOf(map);
  return name.startsWith("layer") ? range : { low: 0, high: Math.max(range.high, 0) };
}

async function encodeLayer(map: AttentionMap, side: number, range: ScaleRange): Promise<Uint8Array> {
  const data = paintLayer(map, side, side, range);
  return await sharp(data, { raw: { width: side, height: side, channels: 4 } })
    .png({ compressionLevel: 3 })
    .toBuffer();
}

function mapMissing(name: string): UsageError {
  return new UsageError(
    "MAP_MISSING",
    `The model has no map "${name}". The cell's explanation lists those that it has.`,
  );
}
