import type { ServerResponse } from "node:http";
import type { ServerEvent } from "./api/events.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";

/** So that proxies and browsers do not take silence for an end. */
const HEARTBEAT_MILLISECONDS = 15_000;
/** Bytes that a window may be behind: it is then cut off, and reads everything anew when it comes back. */
const MOST_BYTES_WAITING = 8 * 2 ** 20;

/** GET /api/events: a stream of `ServerEvent`s (text/event-stream) that lasts until either side ends it. */
export async function eventRoutes(app: ReviewApp, { feed, version }: ReviewContext): Promise<void> {
  app.get("/events", async (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    const tell = (event: ServerEvent): void => write(raw, `data: ${JSON.stringify(event)}\n\n`);
    const stop = await feed.listen({ reader: request.identity?.name ?? null, tell, end: () => raw.end() });
    const heartbeat = setInterval(() => write(raw, ": still here\n\n"), HEARTBEAT_MILLISECONDS).unref();
    raw.once("close", () => {
      clearInterval(heartbeat);
      stop();
    });
    if (raw.destroyed) raw.emit("close");
    tell({ kind: "hello", version });
  });
}

function write(response: ServerResponse, text: string): void {
  if (response.writableLength > MOST_BYTES_WAITING) response.destroy();
  else if (!response.writableEnded) response.write(text);
}
