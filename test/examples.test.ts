import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const project = resolve(import.meta.dirname, "..");

test("examples/train-tiny.ts trains, measures and explains with the library alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "mn-example-"));
  const printed = execFileSync(process.execPath, [join(project, "examples/train-tiny.ts"), folder], {
    encoding: "utf8",
  });
  expect(printed).toMatch(/Kept epoch [123]\./);
  expect(printed).toMatch(/AUC [01]\.\d\d \([01]\.\d\d to [01]\.\d\d\) on \d+ cells\./);
  expect(existsSync(join(folder, "overlay.png"))).toBe(true);
});

test("the public library has at most 20 names, and the examples use every function of it", () => {
  const index = readFileSync(join(project, "src/index.ts"), "utf8");
  const names = [...index.matchAll(/export (type )?\{ ([^}]+) \}/g)].flatMap(([, type, list = ""]) =>
    list.split(", ").map((name) => ({ name, isType: type !== undefined })),
  );
  expect(names.length).toBeLessThanOrEqual(20);
  const examples = ["examples/train-tiny.ts", "examples/augment.ts"].map((file) =>
    readFileSync(join(project, file), "utf8"),
  );
  const unused = names.filter(({ name, isType }) => !isType && !examples.some((text) => text.includes(name)));
  expect(unused).toEqual([]);
});

test("examples/augment.ts draws variants of a cell and says what was done", () => {
  const folder = mkdtempSync(join(tmpdir(), "mn-example-"));
  const printed = execFileSync(process.execPath, [join(project, "examples/augment.ts"), folder], { encoding: "utf8" });
  expect(printed.trim().split("\n")).toHaveLength(4);
  expect(printed).toContain("IMAGE_NOT_FOUND");
  expect(existsSync(join(folder, "variant-1.png"))).toBe(true);
});
