import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { Dataset } from "./cell.ts";
import { countLabels, loadDataset, readCells } from "./load-dataset.ts";
import { crossValidationFolds, groupsInSeveralSplits, splitCells } from "./split.ts";

const MANIFEST = resolve(import.meta.dirname, "../../../shared/data/cells/manifest.csv");

function countsOf({ cells, leftOut }: Dataset): Record<string, number> {
  return Object.fromEntries(countLabels([...cells, ...leftOut]));
}

// Real cells, which are not part of the project: skipped where ../shared/data is absent.
describe.skipIf(!existsSync(MANIFEST))("the real cells of ../shared/data", () => {
  test("are as many as their README counts, hatch and bbbc039 apart", async () => {
    const hatch = await loadDataset(MANIFEST, { where: { source: "hatch" } });
    expect(countsOf(hatch)).toEqual({ mn: 1091, normal: 684, ambiguous: 450 });
    expect(hatch.cells).toHaveLength(1091 + 684);
    const bbbc039 = (await readCells(MANIFEST)).filter(({ columns }) => columns.source === "bbbc039");
    expect(Object.fromEntries(countLabels(bbbc039))).toEqual({ mn: 665, normal: 12_701, ambiguous: 1132 });
  });

  test("have no field in two splits, in the split they came with and in one that is drawn", async () => {
    const cells = await readCells(MANIFEST);
    expect(groupsInSeveralSplits(cells, "field")).toEqual([]);
    const { splits, report } = splitCells(cells, { stream: new RandomStream(1) });
    const drawn = cells.map((cell, index) => ({ ...cell, split: splits[index]! }));
    expect(groupsInSeveralSplits(drawn, "field")).toEqual([]);
    expect(report.groups).toBe(33 + 154);
    for (const { target = 0, labels } of report.splits)
      for (const { share } of labels) expect(Math.abs(share - target)).toBeLessThanOrEqual(0.02);
  });

  test("make the same data set as folder and as manifest", async () => {
    const listed = await loadDataset(MANIFEST, { where: { source: "hatch" } });
    const found = await loadDataset(resolve(MANIFEST, "../hatch"));
    expect(found.hash).toBe(listed.hash);
    expect(found.leftOut).toHaveLength(450);
  });

  test("deal hatch's nine groups into three folds, each with a third of either class within five points", async () => {
    const { cells } = await loadDataset(MANIFEST, { where: { source: "hatch" } });
    const { folds } = crossValidationFolds(cells, { by: "group", folds: 3, stream: new RandomStream(1) });
    for (const { share } of folds.flat()) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.05);
  });
});
