import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

const errorClasses = [...read("src/core/errors.ts").matchAll(/export class (\w+)/g)].map(([, name]) => name);
/** `new ImageError(CODE, ...`: the code is everything before the first comma, a literal or a choice between literals. */
const THROWN = new RegExp(`new (?:${errorClasses.join("|")})\\(([^,]*)`, "g");
const CODE = /"([A-Z][A-Z0-9_]*)"/g;

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .flatMap((file) => [...read("src", file).matchAll(THROWN)].map(([, argument = ""]) => ({ file, argument })));

const thrown = sources.flatMap(({ argument }) => [...argument.matchAll(CODE)].map(([, code = ""]) => code));

const listed = [...read("docs/errors.md").matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map(([, code = ""]) => code);

/** Carries errors between threads, and their codes beside them. */
const CARRIER = "core/worker-calls.ts";

test("every coded error is made with its code in plain sight, or passes another error's code on", () => {
  const hidden = sources.filter(
    ({ file, argument }) => file !== CARRIER && argument !== "error.code" && argument.match(CODE) === null,
  );
  expect(hidden).toEqual([]);
});

test("every error code in the source is listed in docs/errors.md", () => {
  expect([...new Set(thrown)].filter((code) => !listed.includes(code)).sort()).toEqual([]);
});

test("every code listed in docs/errors.md is in the source", () => {
  expect([...new Set(listed)].filter((code) => !thrown.includes(code)).sort()).toEqual([]);
});
