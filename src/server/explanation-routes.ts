import { z } from "zod";
import { explanation, mapQuery, occlusion, similarCells } from "./api/explanation.ts";
import { askAbout, mapVersion } from "./asked-cell.ts";
import { labelAnswer, requireSight } from "./blinding.ts";
import { CellLooks } from "./cell-look.ts";
import { encodeMap, mapAnswer, OCCLUSION } from "./cell-maps.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { explainCell } from "./explain-cell.ts";
import { Explainer } from "./explainer.ts";
import { Occlusions } from "./occlusions.ts";
import { SimilarCells } from "./similar-cells.ts";

const cellParams = z.object({ id: z.coerce.number().int() });
const schema = { tags: ["explanation"], params: cellParams };

/** Side of a map's picture, pixels, where nothing is said; the browser smooths what is between. */
const MAP_SIDE = 224;

/** Why the model says what it says of a cell. */
export async function explanationRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const { workspace, folder, limits } = context;
  const maxPixels = limits.imagePixels;
  const explainer = new Explainer();
  const looks = new CellLooks(explainer, maxPixels);
  const occlusions = new Occlusions(explainer, maxPixels);
  app.addHook("onClose", async () => await explainer.close());
  app.get("/cells/:id/explanation", { schema: { ...schema, response: { 200: explanation } } }, async (request) =>
    explainCell(workspace, looks, await askAbout(context, request, request.params.id)),
  );
  mapRoutes(app, context, looks, occlusions);
  similarRoutes(app, context, new SimilarCells(workspace, { folder, explainer, maxPixels }));
}

function mapRoutes(app: ReviewApp, context: ReviewContext, looks: CellLooks, occlusions: Occlusions): void {
  const params = cellParams.extend({ name: z.string().max(40) });
  app.get("/cells/:id/maps/:name", { schema: { ...schema, params, querystring: mapQuery } }, async (request, reply) => {
    const { id, name } = request.params;
    const { side = MAP_SIDE, v } = request.query;
    const asked = await askAbout(context, request, id);
    requireSight(asked.viewer);
    const version = mapVersion(asked);
    const tag = `"${version}-${asked.cell.sha256 ?? id}-${name}-${side}"`;
    reply.header("etag", tag);
    // Only an address that names the model says the same for ever.
    reply.header("cache-control", v === version ? "private, max-age=31536000, immutable" : "private, no-cache");
    if (request.headers["if-none-match"] === tag) return await reply.code(304).send();
    const map =
      name === OCCLUSION
        ? (await occlusions.of(asked)).drops
        : (await looks.look(asked.model, asked.cell)).maps.get(name);
    return await reply.type("image/png").send(await encodeMap(name, map, side));
  });
  app.post("/cells/:id/occlusion", { schema: { ...schema, response: { 200: occlusion } } }, async (request) => {
    const asked = await askAbout(context, request, request.params.id);
    requireSight(asked.viewer);
    const { baseline, drops, strongest } = await occlusions.of(asked);
    return { baseline, strongest, map: mapAnswer(asked, OCCLUSION, drops) };
  });
}

const similarQuery = z.object({ count: z.coerce.number().int().min(1).max(50).default(6) });

function similarRoutes(app: ReviewApp, context: ReviewContext, similar: SimilarCells): void {
  app.get(
    "/cells/:id/similar",
    { schema: { ...schema, querystring: similarQuery, response: { 200: similarCells } } },
    async (request) => {
      const { cell, model, viewer } = await askAbout(context, request, request.params.id);
      requireSight(viewer);
      const { cells, compared } = await similar.find(model, cell, request.query.count);
      const shown = cells.map(({ label, sample, similarity }) => ({
        ...{ cellId: label.cell_id, similarity, sample },
        label: labelAnswer(label),
      }));
      return { cells: shown, compared };
    },
  );
}
