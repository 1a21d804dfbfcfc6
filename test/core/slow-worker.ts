import { setTimeout as wait } from "node:timers/promises";
import { serveCalls } from "../../src/core/worker-calls.ts";

const handlers = {
  echoAfter: async ({ milliseconds, text }: { milliseconds: number; text: string }): Promise<string> => {
    await wait(milliseconds);
    return text;
  },
};

export type SlowHandlers = typeof handlers;

serveCalls(handlers);
