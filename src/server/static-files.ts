import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sha256 } from "../core/files.ts";

/** Kinds of files that a web application is built of; others in its folder are not served. */
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  webp: "image/webp",
  ico: "image/x-icon",
  woff2: "font/woff2",
  json: "application/json; charset=utf-8",
  webmanifest: "application/manifest+json",
};

export interface WebFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Its name has a hash of its content: it never changes. */
  readonly lasting: boolean;
}

/** The files of the web application by their addresses, such as "/assets/index-D3adB33f.js". */
export type WebFiles = ReadonlyMap<string, WebFile>;

/**
 * Reads the built web application, a few megabytes, into memory. No address is ever made into a path: what was not in the folder
 * when the server started cannot be asked for, and links in the folder are not followed.
 */
export async function readWebFiles(folder: string): Promise<WebFiles> {
  const files = new Map<string, WebFile>();
  const visit = async (path: string, address: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const [entryPath, entryAddress] = [join(path, entry.name), `${address}/${entry.name}`];
      const type = TYPES[entry.name.split(".").at(-1) ?? ""];
      if (entry.isDirectory()) await visit(entryPath, entryAddress);
      else if (entry.isFile() && type !== undefined)
        files.set(entryAddress, webFile(await readFile(entryPath), type, entryAddress));
    }
  };
  await visit(folder, "");
  return files;
}

function webFile(content: Buffer, type: string, address: string): WebFile {
  return { content, type, etag: `"${sha256(content).slice(0, 32)}"`, lasting: address.startsWith("/assets/") };
}

/** Sends a file, or says that the browser has it already. */
export async function sendWebFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): Promise<void> {
  reply.header("etag", file.etag);
  reply.header("cache-control", file.lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === file.etag) await reply.code(304).send();
  else await reply.type(file.type).send(file.content);
}
