import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import Fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/server/start.ts";
import type { ReviewApp } from "./context.ts";
import { pageRoutes } from "./page-routes.ts";
import { answerProblems } from "./problems.ts";

const INDEX = "<!doctype html><title>Review</title>";

/** Asks a server of a web application with a page, a script and a file that is none of a web application. */
async function pages(webFolder: string | null) {
  const app: ReviewApp = Fastify().withTypeProvider<ZodTypeProvider>();
  await app.register(cookie);
  answerProblems(app, { folder: "workspace", reportFault: () => {} });
  const access = { token: "token", onceTokens: new Set<string>(), sessions: null, tlsOrigin: null };
  await pageRoutes(app, access, webFolder);
  return (path: string, headers: Record<string, string> = {}) => app.inject({ path, headers });
}

async function webFolder(): Promise<string> {
  const folder = temporaryFolder();
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), INDEX);
  await writeFile(join(folder, "assets/app-a1b2.js"), "start();");
  await writeFile(join(folder, "notes.txt"), "not for the browser");
  return folder;
}

test("the page is asked for again every time, and not sent again while it is the same", async () => {
  const get = await pages(await webFolder());
  const { statusCode, headers, body } = await get("/");
  expect([statusCode, body, headers["cache-control"]]).toEqual([200, INDEX, "no-cache"]);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  const again = await get("/", { "if-none-match": String(headers.etag) });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
});

test("files with a hash in their names are kept for ever, and one that is gone is not answered with the page", async () => {
  const get = await pages(await webFolder());
  const script = await get("/assets/app-a1b2.js?import");
  expect([script.statusCode, script.body]).toEqual([200, "start();"]);
  expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  expect((await get("/assets/app-0000.js")).statusCode).toBe(404);
  expect((await get("/assets/app")).statusCode).toBe(404);
});

test("the browser's own addresses show the page; files of other kinds and unknown addresses of the API do not", async () => {
  const get = await pages(await webFolder());
  for (const path of ["/studies/7", "/studies/7/review/random-negative?sample=3", "/models", "/accounts"])
    expect([path, (await get(path)).body]).toEqual([path, INDEX]);
  for (const path of ["/notes.txt", "/api/nothing", "/api", "/index.php", "/.env"])
    expect([path, (await get(path)).statusCode]).toEqual([path, 404]);
});

test("without a built application the page says how to build it", async () => {
  const get = await pages(null);
  expect((await get("/")).json()).toEqual({
    code: "WEB_APPLICATION_MISSING",
    message: expect.stringContaining("npm run build"),
  });
});
