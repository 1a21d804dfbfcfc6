import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, ask, askRaw, codeOf } from "../../test/server/ask.ts";
import { CANARY, plant, start, type TestReview, temporaryFolder } from "../../test/server/start.ts";
import { REVIEW_LIMITS } from "./context.ts";

/** Everything that a browser or a program on this machine may try against the server of somebody who works alone. */

let review: TestReview;
let root: string;
/** What the owner's window sends. */
let cookie: string;
let origin: string;
/** OpenAPI. */
let description: { paths: Record<string, object> };

const LIMITS = { ...REVIEW_LIMITS, fileBytes: 50_000, uploadBytes: 120_000, uploadFiles: 3, imagePixels: 1_000_000 };

beforeAll(async () => {
  root = temporaryFolder(afterAll);
  const { webFolder } = await plant(root);
  symlinkSync(join(root, "canary.txt"), join(webFolder, "canary.js"));
  mkdirSync(join(root, "outside"));
  copyFileSync(join(root, "canary.txt"), join(root, "outside/canary.txt"));
  symlinkSync(join(root, "outside"), join(webFolder, "assets/up"));
  review = await start(root, { limits: LIMITS });
  afterAll(() => review.close());
  cookie = `micronuclei-${review.port}=${review.token}`;
  origin = `http://127.0.0.1:${review.port}`;
  description = JSON.parse((await ownGet("/api/docs/json")).body) as typeof description;
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(review.port, { path, headers });
/** As the owner's own page asks. */
const ownGet = (path: string): Promise<Answer> => get(path, { cookie, "sec-fetch-site": "same-origin" });
const send = (method: string, path: string, headers: Record<string, string>, body: string | Uint8Array) =>
  ask(review.port, { method, path, headers, body });
const ownSend = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(
    method,
    path,
    { cookie, origin, "x-reader": "A", "content-type": "application/json", ...headers },
    body instanceof Uint8Array ? body : JSON.stringify(body),
  );

/** Every address of the API with every method, numbers and names filled in. */
function everyAddress(fill = "1"): { method: string; path: string }[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{[^}]+\}/g, fill) })),
  );
}

describe("the way in", () => {
  test("no address of the API answers without the token, but those for logging in", async () => {
    const addresses = everyAddress();
    expect(addresses.length).toBeGreaterThan(3);
    const open = [];
    for (const { method, path } of addresses) {
      const answer = await ask(review.port, { method, path, headers: { origin } });
      if (answer.status !== 401) open.push(`${method} ${path}`);
    }
    expect(open.sort()).toEqual(["POST /api/login", "POST /api/logout"]);
  });

  test.each([
    "/api/docs",
    "/api/docs/",
    "/api/docs/json",
    "/api/docs/yaml",
    "/api/docs/static/swagger-ui.css",
    "/%61pi/session",
  ])("%s is closed too", async (path) => expect((await get(path)).status).toBe(401));

  test("a wrong, shortened, lengthened or empty token opens nothing, as a cookie or as a header", async () => {
    const token = review.token ?? "";
    for (const wrong of ["", "x", token.slice(0, -1), `${token}x`, token.toUpperCase(), "undefined", "null"]) {
      expect((await get("/api/session", { cookie: `micronuclei-${review.port}=${wrong}` })).status).toBe(401);
      expect((await get("/api/session", { authorization: `Bearer ${wrong}` })).status).toBe(401);
    }
    expect((await get("/api/session", { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await get("/api/session", { cookie })).status).toBe(200);
  });

  test("the address with the token gives a cookie that scripts and other sites cannot use, and leaves the address bar", async () => {
    const { status, headers } = await get(`/?token=${review.token}`);
    expect(status).toBe(303);
    expect(headers.location).toBe("/");
    expect(headers["set-cookie"]).toEqual([`${cookie}; Path=/; HttpOnly; SameSite=Strict`]);
  });

  test("an address with a wrong token gives none", async () => {
    for (const path of [
      "/?token=wrong",
      "/?token=",
      `/?token=wrong&token=${review.token}`,
      `/assets?token=${review.token}`,
    ])
      expect((await get(path)).headers["set-cookie"]).toBeUndefined();
  });

  test("the address for a browser's command line lets in once", async () => {
    const path = review.addressForOnce().replace(origin, "");
    expect((await get(path)).headers["set-cookie"]).toHaveLength(1);
    expect((await get(path)).headers["set-cookie"]).toBeUndefined();
  });

  test("no address redirects to another host", async () => {
    for (const path of ["//evil.example/?token=", "/\\evil.example/?token=", "/%2f%2fevil.example/?token="]) {
      const { headers } = await get(`${path}${review.token}`);
      expect(headers.location).toBeUndefined();
    }
  });

  test("the files that hold secrets are their owner's alone", () => {
    if (process.platform === "win32") return;
    const modes = readdirSync(review.folder).filter((name) => name === "session-token");
    expect(modes).toEqual(["session-token"]);
    expect(readFileSync(join(review.folder, "session-token"), "utf8").trim()).toBe(review.token);
  });
});

describe("other sites", () => {
  test("a name that was made to lead here is refused, with and without the token (DNS rebinding)", async () => {
    for (const host of [
      "evil.example",
      `evil.example:${review.port}`,
      "127.0.0.1",
      `127.0.0.1.evil.example:${review.port}`,
    ]) {
      const answer = await get("/api/session", { host, cookie, origin: `http://${host}` });
      expect([host, answer.status]).toEqual([host, 421]);
      expect((await get("/", { host })).status).toBe(421);
    }
    expect((await get("/api/session", { host: `localhost:${review.port}`, cookie })).status).toBe(200);
  });

  test("nor does a whole address in the request line, or a second Host, get past that", async () => {
    const whole = `GET http://evil.example/api/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
    expect(await askRaw(review.port, whole)).toMatch(/^HTTP\/1.1 4/);
    const twice = `GET /api/session HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:${review.port}\r\nConnection: close\r\n\r\n`;
    expect(await askRaw(review.port, twice)).toMatch(/^HTTP\/1.1 4/);
    expect(await askRaw(review.port, "GET /api/session HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 421/);
  });

  test("a page of another site cannot change anything with the owner's cookie", async () => {
    const others = [
      "https://evil.example",
      "null",
      `https://127.0.0.1:${review.port}`,
      "http://127.0.0.1:1",
      `http://localhost:${review.port}`,
    ];
    for (const other of others)
      for (const { method, path } of everyAddress().filter(({ method }) => method !== "GET")) {
        const answer = await ask(review.port, { method, path, headers: { cookie, origin: other } });
        expect([method, path, other, answer.status]).toEqual([method, path, other, 403]);
      }
  });

  test("nor where the browser tells only its relation, or neither that nor the origin", async () => {
    const body = JSON.stringify({ name: "S" });
    const headers = { cookie, "content-type": "application/json", "x-reader": "A" };
    for (const more of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      {},
    ])
      expect((await send("POST", "/api/studies", { ...headers, ...more }, body)).status).toBe(403);
  });

  test("nor read anything: neither data nor the stream of events", async () => {
    for (const path of ["/api/session", "/api/events", "/api/studies", "/api/docs/json"]) {
      expect((await get(path, { cookie, origin: "https://evil.example" })).status).toBe(403);
      expect((await get(path, { cookie, "sec-fetch-site": "cross-site" })).status).toBe(403);
      expect((await get(path, { cookie, "sec-fetch-site": "same-site" })).status).toBe(403);
    }
  });

  test("is never told that it may (CORS)", async () => {
    const preflight = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const answers = [
      await ask(review.port, { method: "OPTIONS", path: "/api/studies", headers: preflight }),
      await ask(review.port, { method: "OPTIONS", path: "/api/studies", headers: { ...preflight, origin } }),
      await get("/api/session", { cookie, origin }),
    ];
    for (const { headers } of answers)
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("what a form can send is not understood", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect((await send("POST", "/api/login", { origin, "content-type": type }, '{"name":"S"}')).status).toBe(415);
  });
});

describe("the machine's files", () => {
  const climbs = ["../canary.txt", "../../canary.txt", "..%2fcanary.txt", "..%5ccanary.txt", "..\\canary.txt", "%2e%2e/canary.txt",
    "%2e%2e%2fcanary.txt", "%252e%252e%252fcanary.txt", "....//canary.txt", "..;/canary.txt", "..%c0%afcanary.txt", "..%00/canary.txt",
    "canary.txt%00.png", "%u002e%u002e/canary.txt", "up/canary.txt", "assets/up/canary.txt", "assets/up/canary.png", "canary.js",
    "file:///etc/passwd", "/etc/passwd", "//etc/passwd", "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"]; // biome-ignore format: a list

  test("no path of the web application leads out of its folder", async () => {
    for (const climb of climbs)
      for (const prefix of ["/", "/assets/", "/api/docs/static/", "/api/docs/static/%2e/", "/studies/"]) {
        const { body } = await ownGet(`${prefix}${climb}`);
        expect([prefix, climb, body.includes("canary:"), body.includes("root:")]).toEqual([
          prefix,
          climb,
          false,
          false,
        ]);
      }
  });

  test("links in the web application's folder are not followed", async () => {
    for (const path of ["/canary.js", "/assets/up/canary.txt"]) expect((await ownGet(path)).status).toBe(404);
  });

  test("no address of the API takes a path for a number or a name", async () => {
    for (const climb of climbs) {
      const answers = await Promise.all((everyAddress(climb)).filter(({ method, path }) => method === "GET" && path.includes(climb)).map(({ path }) => ownGet(path))); // biome-ignore format: one thought
      for (const { status, body } of answers) {
        expect(body).not.toContain(CANARY);
        expect([climb, status >= 400 && status < 500]).toEqual([climb, true]);
      }
    }
  });

  test("bytes that no path may have are refused", async () => {
    for (const path of ["/%", "/%zz", "/%ff%fe", "/\u0001", "/\0"]) {
      const raw = await askRaw(
        review.port,
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${review.port}\r\nConnection: close\r\n\r\n`,
      );
      expect([path, raw.slice(9, 10)]).toEqual([path, "4"]);
    }
  });
});

describe("what is brought", () => {
  test("a body that is too large is not read, with or without its length", async () => {
    const large = JSON.stringify({ name: "S".repeat(2_000_000) });
    const answer = await ownSend("POST", "/api/studies", { name: "S".repeat(2_000_000) });
    expect([answer.status, codeOf(answer)]).toEqual([413, "REQUEST_TOO_LARGE"]);
    const chunked = await ownSend("POST", "/api/studies", { name: large }, { "transfer-encoding": "chunked" });
    expect(chunked.status).toBe(413);
  });

  test("headers and addresses that are too large, or are no HTTP, end the connection with an answer", async () => {
    const host = `Host: 127.0.0.1:${review.port}\r\n`;
    expect(await askRaw(review.port, `GET / HTTP/1.1\r\n${host}x: ${"x".repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 4/,
    );
    expect(await askRaw(review.port, `GET /${"x".repeat(100_000)} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1.1 4/);
    expect(await askRaw(review.port, "\x16\x03\x01 hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
    // Two lengths of one body: proxies and servers might see different requests in it.
    const smuggled = `POST /api/studies HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect(await askRaw(review.port, smuggled)).toMatch(/^HTTP\/1.1 4/);
  });

  test("what is no JSON, is JSON of another kind, or would change objects' prototypes is refused by name", async () => {
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      '{"name":1}',
      '{"name":"S","__proto__":{"role":"admin"}}',
      '{"constructor":{"prototype":{}}}',
    ]) {
      const headers = { cookie, origin, "content-type": "application/json", "x-reader": "A" };
      const answer = await send("POST", "/api/studies", headers, body);
      expect([body, answer.status, codeOf(answer)]).toEqual([body, 400, "REQUEST_INVALID"]);
    }
  });

  test("a line break in a name, a token or an address makes no header of an answer", async () => {
    for (const name of ["A%0d%0aset-cookie:%20x=1", "A%0aB", "%00", "A%e2%80%aeB", "%", "%ff", "x".repeat(61), "%20"]) {
      const answer = await get("/api/session", { cookie, "x-reader": name });
      expect([name, answer.status, codeOf(answer)]).toEqual([name, 400, "READER_NAME_INVALID"]);
    }
    for (const path of ["/?token=x%0d%0aset-cookie:%20x=1", "/%0d%0aset-cookie:%20x=1", "/api/x%0d%0aset-cookie:x"])
      expect((await ownGet(path)).headers["set-cookie"]).toBeUndefined();
  });
});

describe("uploads", () => {
  const png = (width: number, height: number): Buffer => {
    const header = Buffer.from("89504e470d0a1a0a0000000d49484452" + "0000000000000000" + "0802000000", "hex");
    header.writeUInt32BE(width, 16);
    header.writeUInt32BE(height, 20);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(header.subarray(12)));
    return Buffer.concat([
      header,
      check,
      Buffer.from("0000000049444154" + "35af061e" + "0000000049454e44" + "ae426082", "hex"),
    ]);
  };
  /** Begins an upload in a new study; answers a function that sends a file into it. */
  async function upload() {
    const study = JSON.parse((await ownSend("POST", "/api/studies", { name: `S${Math.random()}` })).body) as {
      id: number;
    };
    const { id } = JSON.parse((await ownSend("POST", `/api/studies/${study.id}/uploads`, {})).body) as { id: string };
    const files = `/api/studies/${study.id}/uploads/${id}/files`;
    return (name: string, content: Uint8Array) =>
      ownSend("PUT", `${files}?name=${name}`, content, { "content-type": "application/octet-stream" });
  }

  test("no name of a file leads out of the upload's folder", async () => {
    const put = await upload();
    const names = ["../../../../canary.png", "..%2f..%2f..%2f..%2fcanary.png", "..%5c..%5ccanary.png", "a/../../../b.png", "%00.png", "/etc/x.png", "C:%5cx.png", "..png%2f..%2f..%2fx.png"]; // biome-ignore format: a list
    const before = filesBelow(root);
    for (const name of names) await put(name, png(1, 1));
    const added = filesBelow(root).filter((file) => !before.includes(file));
    expect(added.filter((file) => !/^workspace\/uploads\/[0-9a-f-]{36}\//.test(file))).toEqual([]);
    expect(readFileSync(join(root, "canary.png"), "utf8")).toBe(CANARY);
  });

  test("a link in an upload's folder is not written through", async () => {
    const put = await upload();
    await put("a.png", png(1, 1));
    const uploads = join(review.folder, "uploads");
    for (const id of readdirSync(uploads)) {
      mkdirSync(join(uploads, id, "images"), { recursive: true });
      symlinkSync(join(root, "canary.png"), join(uploads, id, "images", "link.png"));
    }
    await put("link.png", png(2, 2));
    expect(readFileSync(join(root, "canary.png"), "utf8")).toBe(CANARY);
  });

  test("too many files, too many bytes, and images of too many pixels are refused and leave nothing", async () => {
    const put = await upload();
    expect((await put("bomb.png", png(50_000, 50_000))).status).toBe(422);
    expect((await put("large.png", Buffer.alloc(LIMITS.fileBytes + 1))).status).toBe(413);
    for (const name of ["1.png", "2.png", "3.png"]) expect((await put(name, png(1, 1))).status).toBe(200);
    expect((await put("4.png", png(1, 1))).status).toBe(413);
    const more = await upload();
    expect((await more("1.png", Buffer.alloc(49_000))).status).toBe(200);
    expect((await more("2.png", Buffer.alloc(49_000))).status).toBe(200);
    expect((await more("3.png", Buffer.alloc(49_000))).status).toBe(413);
    const kept = filesBelow(join(review.folder, "uploads"));
    expect(kept.filter((file) => /bomb|large|4\.png|arriving\/./.test(file))).toEqual([]);
  });
});

test("every answer, whatever its kind, carries the strict policy; none allows another host, inline code or a frame", async () => {
  const kinds: Record<string, Answer> = {
    page: await ownGet("/"),
    script: await ownGet("/assets/app-1.js"),
    "browser's address": await ownGet("/studies/1/review/positive"),
    data: await ownGet("/api/session"),
    documentation: await ownGet("/api/docs/"),
    redirect: await get(`/?token=${review.token}`),
    "not let in": await get("/api/session"),
    "other host": await get("/", { host: "evil.example" }),
    "not there": await ownGet("/api/nothing"),
    "no path": await ownGet("/%"),
    "too large": await ownSend("POST", "/api/studies", { name: "S".repeat(2_000_000) }),
  };
  expect(Object.entries(kinds).map(([kind, { status }]) => [kind, status])).toEqual([
    ["page", 200],
    ["script", 200],
    ["browser's address", 200],
    ["data", 200],
    ["documentation", 200],
    ["redirect", 303],
    ["not let in", 401],
    ["other host", 421],
    ["not there", 404],
    ["no path", 400],
    ["too large", 413],
  ]);
  for (const [kind, { headers }] of Object.entries(kinds)) {
    const policy = headers["content-security-policy"] as string;
    const sources = policy.split("; ").flatMap((directive) => directive.split(" ").slice(1));
    expect([kind, [...new Set(sources)].sort()]).toEqual([kind, ["'none'", "'self'", "blob:", "data:"]]);
    expect(policy).toMatch(
      /default-src 'self'; script-src 'self'; style-src 'self'; .*object-src 'none'; .*frame-ancestors 'none'/,
    );
    expect([kind, headers]).toMatchObject([
      kind,
      {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      },
    ]);
    expect(headers["x-powered-by"] ?? headers.server).toBeUndefined();
  }
  expect(await askRaw(review.port, "no HTTP\r\n\r\n")).toContain("content-security-policy: default-src 'self'");
});

/** Every file, by its path from `folder`. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));
}
