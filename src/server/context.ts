import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Workspace } from "../workspace/workspace.ts";
import type { Accounts } from "./accounts.ts";
import type { Feed } from "./feed.ts";
import type { Jobs } from "./jobs.ts";
import type { ModelShelf } from "./model-shelf.ts";

/** The server, with requests and answers typed by their zod schemas. */
export type ReviewApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** The most that a browser may bring. */
export interface ReviewLimits {
  /** Bytes of one upload, all of its files together. */
  readonly uploadBytes: number;
  /** Files of one upload. */
  readonly uploadFiles: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Width times height that an uploaded image may declare. */
  readonly imagePixels: number;
}

/** Enough for a slide of 100,000 cells or a few hundred whole fields, and little enough for a plain computer. */
export const REVIEW_LIMITS: ReviewLimits = {
  uploadBytes: 20 * 2 ** 30,
  uploadFiles: 200_000,
  fileBytes: 512 * 2 ** 20,
  imagePixels: 100_000_000,
};

/** What the addresses of the review application work on. */
export interface ReviewContext {
  readonly workspace: Workspace;
  /** The workspace's folder. */
  readonly folder: string;
  readonly feed: Feed;
  readonly jobs: Jobs;
  readonly models: ModelShelf;
  /** Null while there are none: then everybody with the token may do everything. */
  readonly accounts: Accounts | null;
  readonly limits: ReviewLimits;
  readonly version: string;
  readonly now: () => Date;
  /** The built web application; null serves the API alone. */
  readonly webFolder: string | null;
}
