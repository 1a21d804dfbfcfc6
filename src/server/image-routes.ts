import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ImageError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import type { WindowChoice } from "../images/window.ts";
import { tileQuery } from "./api/cells.ts";
import type { Problem } from "./api/problem.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { picturedCell } from "./cell-picture.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { type CellPicture, makeTile } from "./tile.ts";
import { Turnstile } from "./turnstile.ts";

/** Bytes of tiles that are kept: some ten thousand small ones. */
const KEPT_BYTES = 96 * 2 ** 20;

type TileQuery = z.infer<typeof tileQuery>;

/** Cells' pictures, at the size and with the window that is asked for. */
export async function imageRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const kept = new BoundedCache<Uint8Array>(KEPT_BYTES);
  // Each holds a whole picture in memory, and all share the machine with the scoring.
  const turnstile = new Turnstile(Math.max(2, availableParallelism()));
  const schema = { tags: ["cells"], params: z.object({ id: z.coerce.number().int() }), querystring: tileQuery };
  app.get("/cells/:id/image", { schema }, async (request, reply) => {
    const cell = await picturedCell(context.workspace, request.params.id);
    const tag = await tagOf(cell, request.query);
    reply.header("etag", tag).header("cache-control", cell.sha256 === null ? "private, no-cache" : IMMUTABLE);
    if (request.headers["if-none-match"] === tag) return await reply.code(304).send();
    try {
      const tile =
        kept.get(tag) ??
        (await turnstile.pass(
          () => !isGone(request),
          async () => await make(cell, request.query),
        ));
      // Nobody is there to read the answer.
      if (tile === null) return await reply.code(204).send();
      kept.set(tag, tile, tile.length);
      return await reply.type("image/png").send(tile);
    } catch (error) {
      if (error instanceof ImageError) return await refuse(reply, error);
      throw error;
    }
  });

  async function make(cell: CellPicture, query: TileQuery): Promise<Uint8Array> {
    const { side = null } = query;
    return await makeTile(cell, { side, window: windowOf(query), maxPixels: context.limits.imagePixels });
  }
}

/** The picture at an address never changes: a changed file is another cell. */
const IMMUTABLE = "private, max-age=31536000, immutable";

/** Names the picture's bytes and what is made of them; a picture without a hash is named by its file's size and time. */
async function tagOf(cell: CellPicture, { side, low, high }: TileQuery): Promise<string> {
  const picture = cell.sha256 ?? (await identityOf(cell.path));
  return `"${picture}-${side ?? "full"}-${low ?? ""}-${high ?? ""}"`;
}

async function identityOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return sha256(`${path} ${found?.size} ${found?.mtimeMs}`);
}

function windowOf({ low, high }: TileQuery): WindowChoice | null {
  if (low === undefined && high === undefined) return null;
  return { lowPercentile: low ?? 0, highPercentile: high ?? 100 };
}

function isGone({ raw }: FastifyRequest): boolean {
  return raw.socket?.destroyed ?? false;
}

async function refuse(reply: FastifyReply, { code, message }: ImageError): Promise<void> {
  const problem: Problem = { code, message };
  // The file may be put in order.
  await reply.removeHeader("etag").header("cache-control", "no-store").code(422).send(problem);
}
