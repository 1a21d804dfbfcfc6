import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { describeError } from "./errors.ts";

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, as in the environment of a process. */
export type ProxySettings = Readonly<Record<string, string | undefined>>;

export interface DownloadOptions {
  readonly proxy?: ProxySettings;
  /** A connection that brings nothing for so long is given up. */
  readonly stallMilliseconds: number;
  /** Pause before the second attempt; twice as long before each further one. */
  readonly retryMilliseconds: number;
  /** `total`: undefined while the server has not said. */
  readonly report: (doneBytes: number, totalBytes: number | undefined) => void;
  readonly signal?: AbortSignal;
}

/** The server or the way to it failed. `permanent`: trying again now is of no use. */
export class TransferError extends Error {
  readonly permanent: boolean;

  constructor(message: string, permanent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.permanent = permanent;
  }
}

const ATTEMPTS = 4;
/** An attempt that brought this much starts the count of attempts anew. */
const PROGRESS_BYTES = 2 ** 20;
const REDIRECTION_LIMIT = 5;

/**
 * Downloads `url` into the file `part`, going on where an earlier download stopped if the server's file is still the same
 * (Range and If-Range, RFC 9110, 13.1.5 and 14). What `part` contains is not to be trusted before its checksum is.
 *
 * Throws TransferError after several attempts, the signal's reason when aborted, and the file system's own errors.
 */
export async function download(url: URL, part: string, options: DownloadOptions): Promise<void> {
  let failures = 0;
  for (;;) {
    const before = await sizeOf(part);
    try {
      await attempt(url, part, before, options);
      return await rm(validatorFile(part), { force: true });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof TransferError) || error.permanent) throw error;
      failures = (await sizeOf(part)) - before >= PROGRESS_BYTES ? 1 : failures + 1;
      if (failures >= ATTEMPTS) throw error;
      await sleep(options.retryMilliseconds * 2 ** (failures - 1), undefined, { signal: options.signal });
    }
  }
}

/** Removes what a download left behind. */
export async function discardDownload(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(validatorFile(part), { force: true });
}

async function attempt(url: URL, part: string, offset: number, options: DownloadOptions): Promise<void> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), options.stallMilliseconds);
  const signal = AbortSignal.any([stall.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const headers = offset > 0 ? await rangeHeaders(part, offset) : {};
    const response = await getFollowingRedirections(url, headers, signal, options.proxy);
    const start = await startOfBody(response, part, offset);
    if (start === undefined) return;
    await writeFile(validatorFile(part), validatorOf(response));
    await appendBody(response, part, start, (done, total) => {
      timer.refresh();
      options.report(done, total);
    });
  } catch (error) {
    if (!stall.signal.aborted) throw error;
    throw new TransferError(`no data for ${options.stallMilliseconds / 1000} s`, false, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for the rest of the file, or for all of it if it is no longer the one of which `part` is the beginning. */
async function rangeHeaders(part: string, offset: number): Promise<Record<string, string>> {
  const validator = await readFile(validatorFile(part), "utf8").catch(() => "");
  return { Range: `bytes=${offset}-`, ...(validator === "" ? {} : { "If-Range": validator }) };
}

/** Position in `part` at which the response's body belongs; undefined if `part` is complete already. */
async function startOfBody(response: IncomingMessage, part: string, offset: number): Promise<number | undefined> {
  const range = response.headers["content-range"] ?? "";
  if (response.statusCode === 200) return 0;
  if (response.statusCode === 206 && range.startsWith(`bytes ${offset}-`)) return offset;
  response.destroy();
  if (response.statusCode === 416 && range === `bytes */${offset}`) return undefined;
  if (response.statusCode === 206 || response.statusCode === 416) {
    await discardDownload(part);
    throw new TransferError(`the server sent another part of the file than asked for (${range})`, false);
  }
  const permanent = response.statusCode !== 429 && (response.statusCode ?? 0) < 500;
  throw new TransferError(`the server answered ${response.statusCode} ${response.statusMessage}`, permanent);
}

async function appendBody(
  response: IncomingMessage,
  part: string,
  start: number,
  report: DownloadOptions["report"],
): Promise<void> {
  const length = response.headers["content-length"];
  const total = length === undefined ? undefined : start + Number(length);
  const file = await open(part, start === 0 ? "w" : "a");
  let done = start;
  try {
    report(done, total);
    for await (const chunk of receivedChunks(response)) {
      await file.writeFile(chunk);
      done += chunk.length;
      report(done, total);
    }
    await file.sync();
  } finally {
    response.destroy();
    await file.close();
  }
  if (total !== undefined && done !== total) throw new TransferError(`${done} of ${total} bytes came`, false);
}

/** The body's pieces; a failure of the connection, unlike one of the disk, becomes a TransferError. */
async function* receivedChunks(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    throw new TransferError(`the connection broke (${describeError(error)})`, false, { cause: error });
  }
}

async function getFollowingRedirections(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  proxy: ProxySettings = {},
): Promise<IncomingMessage> {
  let current = url;
  for (let count = 0; count <= REDIRECTION_LIMIT; count++) {
    const response = await get(current, headers, signal, proxy);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    const next = URL.parse(location, current.href);
    const allowed = current.protocol === "https:" ? ["https:"] : ["https:", "http:"];
    if (next === null || !allowed.includes(next.protocol)) {
      throw new TransferError(`the server leads from ${current.origin} to ${location}`, true);
    }
    current = next;
  }
  throw new TransferError(`more than ${REDIRECTION_LIMIT} redirections`, true);
}

function get(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  proxy: ProxySettings,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const agent = agentFor(secure, proxy);
  const send = secure ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { headers: { "User-Agent": "micronuclei", ...headers }, agent, signal });
    request.on("response", resolve);
    request.on("error", (error) => reject(new TransferError(describeError(error), false, { cause: error })));
    request.end();
  });
}

function agentFor(secure: boolean, proxy: ProxySettings): HttpAgent | HttpsAgent {
  const proxyEnv = Object.fromEntries(Object.entries(proxy).map(completeProxyAddress));
  try {
    return secure ? new HttpsAgent({ proxyEnv }) : new HttpAgent({ proxyEnv });
  } catch (error) {
    throw new TransferError(`the proxy settings are wrong (${describeError(error)})`, true, { cause: error });
  }
}

/** HTTPS_PROXY=proxy.lab:3128 is common and understood by curl; Node silently ignores an address without "http://". */
function completeProxyAddress([name, value]: [string, string | undefined]): [string, string | undefined] {
  const isIncomplete = /^https?_proxy$/i.test(name) && value && !value.includes("://");
  return [name, isIncomplete ? `http://${value}` : value];
}

/** A strong entity tag or else the date, by which If-Range knows the file again; a weak tag will not do there. */
function validatorOf({ headers }: IncomingMessage): string {
  const tag = headers.etag ?? "";
  return tag !== "" && !tag.startsWith("W/") ? tag : (headers["last-modified"] ?? "");
}

function validatorFile(part: string): string {
  return `${part}.validator`;
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
