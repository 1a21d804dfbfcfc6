import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** The architecture, as data: a folder of src/ may import only itself and the folders on its row. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  images: ["core"],
  dataset: ["core", "images"],
  acquisition: ["core", "images", "dataset"],
  augmentation: ["core", "images"],
  synthesis: ["core", "images"],
  engine: ["core"],
  networks: ["core", "engine"],
  weights: ["core", "engine", "networks"],
  training: ["core", "images", "dataset", "augmentation", "engine", "networks", "weights", "evaluation"],
  evaluation: ["core", "dataset"],
  explanation: ["core", "images", "engine"],
  scoring: ["core", "images", "engine", "explanation"],
  // biome-ignore format: one row a folder
  experiments: ["core", "images", "dataset", "augmentation", "engine", "networks", "weights", "training", "evaluation", "explanation", "scoring"],
  assay: ["core"],
  workspace: ["core", "assay", "scoring"],
  review: ["core", "workspace"],
  report: ["core", "evaluation", "assay", "workspace"],
};
/** The only places that wire things together. */
const WIRING = ["cli", "server", "index.ts"];

const src = resolve(import.meta.dirname, "../src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"))
  .map((file) => file.replaceAll("\\", "/"));
const IMPORT = /(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g;

function folderOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function importsOf(file: string): string[] {
  return [...readFileSync(join(src, file), "utf8").matchAll(IMPORT)].map(([, path]) =>
    relative(src, resolve(src, dirname(file), path ?? "")).replaceAll("\\", "/"),
  );
}

test("every folder of src/ is on the table or wires things together", () => {
  const unknown = [...new Set(files.map(folderOf))].filter(
    (folder) => !(folder in ALLOWED) && !WIRING.includes(folder),
  );
  expect(unknown).toEqual([]);
});

test("every folder imports only the folders on its row", () => {
  const breaches: string[] = [];
  for (const file of files) {
    const allowed = ALLOWED[folderOf(file)];
    if (allowed === undefined) continue;
    for (const imported of importsOf(file)) {
      const folder = folderOf(imported);
      if (folder !== folderOf(file) && !allowed.includes(folder)) breaches.push(`${file} imports ${imported}`);
    }
  }
  expect(breaches).toEqual([]);
});

test("the table itself has no cycle", () => {
  const finished = new Set<string>();
  const visit = (folder: string, path: readonly string[]): void => {
    expect(path, `cycle: ${[...path, folder].join(" -> ")}`).not.toContain(folder);
    if (finished.has(folder)) return;
    for (const next of ALLOWED[folder] ?? []) visit(next, [...path, folder]);
    finished.add(folder);
  };
  for (const folder of Object.keys(ALLOWED)) visit(folder, []);
  expect([...finished].sort()).toEqual(Object.keys(ALLOWED).sort());
});
