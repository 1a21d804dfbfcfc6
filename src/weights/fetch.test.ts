import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../core/files.ts";
import type { PublishedWeights } from "./catalogue.ts";
import { type FetchOptions, fetchPublished, fetchWeights } from "./fetch.ts";
import { readWeightsFile } from "./read.ts";

const original = resolve(import.meta.dirname, "../../test/golden/pth/tiny_alexnet_zip.pth");
const content = await readFile(original);
const half = Math.floor(content.length / 2);
const features = ["0", "3", "6", "8", "10"].flatMap((n) => [`features.${n}.bias`, `features.${n}.weight`]).sort();

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let cacheFolder: string;
let server: Server;
let answers: Answer[];
/** The Range and If-Range headers of every request so far. */
let asked: (string | undefined)[][];

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "weights-"));
  answers = [];
  asked = [];
  server = createServer((request, response) => {
    asked.push([request.headers.range, request.headers["if-range"] as string | undefined]);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const addressOf = (host: Server): string => `http://127.0.0.1:${(host.address() as AddressInfo).port}`;

function tiny(changes: Partial<PublishedWeights> = {}): PublishedWeights {
  const url = `${addressOf(server)}/models/tiny-1.pth`;
  return { name: "tiny", url, sha256: sha256(content), megabytes: 1, leftOut: ["classifier."], ...changes };
}

function fetchTiny(changes: Partial<PublishedWeights> = {}, options: Partial<FetchOptions> = {}) {
  return fetchPublished(tiny(changes), { cacheFolder, timeoutMs: 2_000, retryMs: 1, ...options });
}

const filesInCache = async (): Promise<string[]> => (await readdir(cacheFolder)).sort();

/** A proper server: whole or in part, with an entity tag that must match for a part. */
const sound: Answer = (request, response) => {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const condition = request.headers["if-range"];
  response.setHeader("ETag", '"v1"');
  if (range === null || (condition !== undefined && condition !== '"v1"')) {
    response.end(content);
    return;
  }
  const start = Number(range[1]);
  if (start >= content.length) {
    response.writeHead(416, { "Content-Range": `bytes */${content.length}` }).end();
    return;
  }
  response.writeHead(206, { "Content-Range": `bytes ${start}-${content.length - 1}/${content.length}` });
  response.end(content.subarray(start));
};

/** Sends this much of the file, announced whole, and breaks the connection once it must have arrived. */
const cutting =
  (bytes: number, headers: Record<string, string> = { ETag: '"v1"' }): Answer =>
  (_, response) => {
    response.writeHead(200, { "Content-Length": content.length, ...headers });
    response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 50));
  };

const status =
  (code: number): Answer =>
  (_, response) => {
    response.writeHead(code).end();
  };

describe("a download", () => {
  test("leaves the layers that networks have, as safetensors with their origin, and nothing else", async () => {
    answers = [sound];
    const fetched = await fetchTiny();
    expect(await filesInCache()).toEqual(["tiny-imagenet.safetensors"]);
    expect(fetched).toMatchObject({
      name: "tiny",
      fromCache: false,
      path: join(cacheFolder, "tiny-imagenet.safetensors"),
    });
    const { format, tensors, metadata } = await readWeightsFile(fetched.path);
    expect(format).toBe("safetensors");
    expect([...tensors.keys()].sort()).toEqual(features);
    expect(metadata).toMatchObject({ source: tiny().url, sha256: sha256(content) });
    expect(metadata.license).toMatch(/BSD-3-Clause.*ImageNet/);
    const originals = (await readWeightsFile(original)).tensors;
    for (const tensor of tensors.values()) expect(tensor).toEqual(originals.get(tensor.name));
  });

  test("happens once: the second time the cache answers", async () => {
    answers = [sound];
    await fetchTiny();
    expect(await fetchTiny()).toMatchObject({ fromCache: true, metadata: { sha256: sha256(content) } });
    expect(asked).toHaveLength(1);
  });

  test("happens again when the cached file has been spoilt", async () => {
    answers = [sound];
    const { path } = await fetchTiny();
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await writeFile(path, bytes);
    expect(await fetchTiny()).toMatchObject({ fromCache: false });
    expect(await fetchTiny()).toMatchObject({ fromCache: true });
  });

  test("reports how far it is", async () => {
    answers = [sound];
    const reports: [string, number, number][] = [];
    await fetchTiny({}, { reportProgress: ({ stage, done, total }) => reports.push([stage, done, total]) });
    // 27,671 bytes are 0.0 MB to one decimal; what counts is that the file's own size becomes the total.
    expect(reports[0]).toEqual(["Downloading tiny (MB)", 0, 0]);
    expect(reports.length).toBeGreaterThan(1);
  });

  test("that is cut at half goes on from there, if the file is still the same", async () => {
    answers = [cutting(half), sound];
    await fetchTiny();
    expect(asked).toEqual([
      [undefined, undefined],
      [`bytes=${half}-`, '"v1"'],
    ]);
  });

  test("that is cut at half starts anew if the file has changed since", async () => {
    answers = [cutting(half, { ETag: '"v0"' }), sound];
    await fetchTiny();
    expect(asked[1]).toEqual([`bytes=${half}-`, '"v0"']);
  });

  test("knows the file again by its date where the server has no strong tag", async () => {
    const date = "Wed, 21 Oct 2015 07:28:00 GMT";
    answers = [cutting(half, { ETag: 'W/"v1"', "Last-Modified": date }), sound];
    await fetchTiny();
    expect(asked[1]).toEqual([`bytes=${half}-`, date]);
  });

  test("goes on in the next run of the program, too", async () => {
    answers = [cutting(half), status(404)];
    await expect(fetchTiny()).rejects.toMatchObject({ code: "WEIGHTS_UNAVAILABLE" });
    expect((await stat(join(cacheFolder, "tiny-1.pth.part"))).size).toBe(half);
    answers = [sound];
    await fetchTiny();
    expect(asked.at(-1)).toEqual([`bytes=${half}-`, '"v1"']);
    expect(await filesInCache()).toEqual(["tiny-imagenet.safetensors"]);
  });

  test("starts anew where the server ignores the wish for a part", async () => {
    answers = [cutting(half), (_, response) => response.end(content)];
    await fetchTiny();
    expect(asked[1]?.[0]).toBe(`bytes=${half}-`);
  });

  test("starts anew where the server sends another part than asked for", async () => {
    const wrongPart: Answer = (_, response) => {
      response.writeHead(206, { "Content-Range": `bytes 5-${content.length - 1}/${content.length}` });
      response.end(content.subarray(5));
    };
    answers = [cutting(half), wrongPart, sound];
    await fetchTiny();
    expect(asked.at(-1)).toEqual([undefined, undefined]);
  });

  test("that was complete already is only checked", async () => {
    await writeFile(join(cacheFolder, "tiny-1.pth.part"), content);
    answers = [sound];
    await fetchTiny();
    expect(asked).toEqual([[`bytes=${content.length}-`, undefined]]);
  });

  test("gives up a connection that stalls, and goes on with a new one", async () => {
    const stalling: Answer = (_, response) => {
      response.writeHead(200, { "Content-Length": content.length, ETag: '"v1"' }).write(content.subarray(0, half));
    };
    answers = [stalling, sound];
    await fetchTiny({}, { timeoutMs: 150 });
    expect(asked[1]).toEqual([`bytes=${half}-`, '"v1"']);
  });

  test("says that nothing came where the server never answers", async () => {
    answers = [() => {}];
    await expect(fetchTiny({}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "WEIGHTS_UNAVAILABLE",
      message: expect.stringContaining("no data for 0.05 s"),
    });
  });

  test("tries again after an error of the server, four times in all", async () => {
    answers = [status(500), status(503), status(429), sound];
    await fetchTiny();
    answers = [status(500)];
    asked = [];
    await expect(fetchTiny({ name: "other" })).rejects.toThrow("500 Internal Server Error");
    expect(asked).toHaveLength(4);
  });

  test("does not try again where the file is missing", async () => {
    answers = [status(404)];
    await expect(fetchTiny()).rejects.toThrow("404 Not Found");
    expect(asked).toHaveLength(1);
  });

  test("follows a redirection, but not in circles and not to another kind of address", async () => {
    const redirect =
      (location: string): Answer =>
      (_, response) =>
        response.writeHead(302, { Location: location }).end();
    answers = [redirect("/elsewhere"), sound];
    await fetchTiny();
    answers = [redirect("/around")];
    await expect(fetchTiny({ name: "other" })).rejects.toThrow("redirections");
    answers = [redirect("file:///etc/passwd")];
    await expect(fetchTiny({ name: "other" })).rejects.toThrow("leads from");
  });

  test("stops when it is told to and keeps what it has", async () => {
    const controller = new AbortController();
    answers = [
      (_, response) => {
        response.writeHead(200, { "Content-Length": content.length }).write(content.subarray(0, half));
        setTimeout(() => controller.abort(new Error("enough")), 50);
      },
    ];
    await expect(fetchTiny({}, { signal: controller.signal })).rejects.toThrow("enough");
    expect((await stat(join(cacheFolder, "tiny-1.pth.part"))).size).toBe(half);
    expect(asked).toHaveLength(1);
  });
});

describe("a wrong checksum", () => {
  test("is refused with both checksums, and the download is deleted", async () => {
    const corrupted = Buffer.from(content);
    corrupted[half] = (corrupted[half] as number) ^ 1;
    answers = [(_, response) => response.end(corrupted)];
    const refusal = fetchTiny();
    await expect(refusal).rejects.toMatchObject({ code: "WEIGHTS_CHECKSUM" });
    await expect(refusal).rejects.toThrow(new RegExp(`${sha256(corrupted)} and should be ${sha256(content)}`));
    expect(await filesInCache()).toEqual([]);
  });

  test("of eight digits is compared by its beginning", async () => {
    answers = [sound];
    await fetchTiny({ sha256: sha256(content).slice(0, 8) });
    await expect(fetchTiny({ name: "other", sha256: "00000000" })).rejects.toThrow("should begin with 00000000");
  });

  test("of a page that a proxy sends instead of the file is refused, too", async () => {
    answers = [(_, response) => response.end("<html>Please log in</html>")];
    await expect(fetchTiny()).rejects.toMatchObject({ code: "WEIGHTS_CHECKSUM" });
  });
});

describe("without internet", () => {
  test("the message names file, address, checksum, place and command", async () => {
    const weights = tiny({ url: "http://127.0.0.1:1/models/tiny-1.pth" });
    const failure = fetchPublished(weights, { cacheFolder, retryMs: 1 });
    await expect(failure).rejects.toMatchObject({ code: "WEIGHTS_UNAVAILABLE" });
    await expect(failure).rejects.toThrow(/ECONNREFUSED/);
    for (const part of [
      "tiny-1.pth (1 MB)",
      weights.url,
      weights.sha256,
      cacheFolder,
      "mn weights import tiny-1.pth",
    ]) {
      await expect(failure).rejects.toThrow(part);
    }
  });

  test("a file that somebody put into the cache folder is checked, used and left there", async () => {
    await writeFile(join(cacheFolder, "tiny-1.pth"), content);
    expect(await fetchTiny()).toMatchObject({ fromCache: false });
    expect(asked).toEqual([]);
    expect(await filesInCache()).toEqual(["tiny-1.pth", "tiny-imagenet.safetensors"]);
  });

  test("a wrong file that somebody put there is refused and left there", async () => {
    await writeFile(join(cacheFolder, "tiny-1.pth"), "not it");
    await expect(fetchTiny()).rejects.toMatchObject({ code: "WEIGHTS_CHECKSUM" });
    expect(await filesInCache()).toEqual(["tiny-1.pth"]);
  });
});

describe("the way to the server", () => {
  test("a mirror replaces the server's folder", async () => {
    answers = [sound];
    const paths: (string | undefined)[] = [];
    server.on("request", ({ url }: IncomingMessage) => paths.push(url));
    await fetchTiny({ url: "https://example.invalid/models/tiny-1.pth" }, { mirror: `${addressOf(server)}/mirror/` });
    expect(paths).toEqual(["/mirror/tiny-1.pth"]);
  });

  test("a mirror that is not an address is wrong usage", async () => {
    for (const mirror of ["mirror", "ftp://example.org"]) {
      await expect(fetchTiny({}, { mirror })).rejects.toMatchObject({ code: "WEIGHTS_MIRROR_INVALID" });
    }
  });

  test("a proxy is used, except for the hosts that need none", async () => {
    const through: (string | undefined)[] = [];
    const proxyServer = createServer((request, response) => {
      through.push(request.url);
      get(`${addressOf(server)}/models/tiny-1.pth`, (answer) => answer.pipe(response));
    });
    await new Promise<void>((ready) => proxyServer.listen(0, "127.0.0.1", ready));
    answers = [sound];
    const proxy = { HTTP_PROXY: addressOf(proxyServer) };
    await fetchTiny({ url: "http://weights.example.invalid/models/tiny-1.pth" }, { proxy });
    expect(through).toEqual(["http://weights.example.invalid/models/tiny-1.pth"]);
    const withoutScheme = { http_proxy: addressOf(proxyServer).replace("http://", "") };
    await fetchTiny({ name: "second", url: "http://weights.example.invalid/b.pth" }, { proxy: withoutScheme });
    expect(through[1]).toBe("http://weights.example.invalid/b.pth");
    await fetchTiny({ name: "direct" }, { proxy: { ...proxy, NO_PROXY: "127.0.0.1" } });
    expect(through).toHaveLength(2);
    proxyServer.close();
  });

  test("a proxy that is not an address is named", async () => {
    await expect(fetchTiny({}, { proxy: { HTTP_PROXY: "not an address" } })).rejects.toMatchObject({
      code: "WEIGHTS_UNAVAILABLE",
      message: expect.stringContaining("proxy settings"),
    });
  });
});

test("a cache folder that cannot be written is named, with the way out", async () => {
  answers = [sound];
  const blocked = join(cacheFolder, "blocked");
  await writeFile(blocked, "a file where the folder should be");
  await expect(fetchTiny({}, { cacheFolder: join(blocked, "weights") })).rejects.toMatchObject({
    code: "WEIGHTS_CACHE_UNWRITABLE",
    message: expect.stringMatching(/blocked.*MICRONUCLEI_CACHE/),
  });
});

test("a name that is not in the catalogue is wrong usage", async () => {
  await expect(fetchWeights("alexnets", { cacheFolder })).rejects.toMatchObject({
    code: "WEIGHTS_NAME_UNKNOWN",
    message: expect.stringMatching(/alexnet.*vgg16/),
  });
});
