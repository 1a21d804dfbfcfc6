import { expect, test } from "vitest";

const sources = import.meta.glob<string>("./**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** Folders of web/src that the pieces stand on; they know nothing of screens. */
const FOUNDATIONS = ["api", "design", "markdown"];

test("of the server only the types of its API are known", () => {
  const breaches = Object.entries(sources).flatMap(([file, text]) =>
    [...text.matchAll(/^import (type )?[^;]*?from "([^"]+)";$/gm)]
      .filter(([, , path]) => path?.includes("../src/"))
      .filter(([, type, path]) => type === undefined || !path?.includes("../src/server/api/"))
      .map(([, , path]) => `${file} imports ${path}`),
  );
  expect(breaches).toEqual([]);
});

test("no foundation imports a screen", () => {
  const breaches = Object.entries(sources).flatMap(([file, text]) =>
    FOUNDATIONS.some((folder) => file.startsWith(`./${folder}/`))
      ? [...text.matchAll(/from "([^"]*\/(?:screens|shell|review|upload)\/[^"]*)"/g)].map(
          ([, path]) => `${file}: ${path}`,
        )
      : [],
  );
  expect(breaches).toEqual([]);
});

test("nothing is asked of another host", () => {
  const addresses = Object.entries(sources)
    .filter(([file]) => !file.endsWith(".test.ts"))
    .flatMap(([file, text]) =>
      [...text.matchAll(/["'`]https?:\/\/[^"'`]+/g)].map(([address]) => `${file}: ${address}`),
    );
  expect(addresses).toEqual([]);
});
