import { serveCalls, Transferred } from "../core/worker-calls.ts";
import { ClassifierSession } from "../engine/classifier-session.ts";
import type { SessionOptions } from "../engine/session.ts";

let session: ClassifierSession | undefined;

const handlers = {
  /** Opens a model; returns the side of the images that it takes, pixels. */
  open: async ({ model, options }: { model: Uint8Array; options: SessionOptions }): Promise<number> => {
    session = await ClassifierSession.open(model, options);
    return session.side;
  },

  classify: async ({ pixels, count, side }: { pixels: Uint8Array<ArrayBuffer>; count: number; side: number }) => {
    if (session === undefined) throw new Error("Open a model first.");
    const classified = await session.classify(pixels, count, side, { attention: true });
    return new Transferred(classified, [classified.probabilities.buffer as ArrayBuffer]);
  },
};

export type ClassifierHandlers = typeof handlers;

serveCalls(handlers);
