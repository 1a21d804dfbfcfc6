import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import writeWorkbook from "write-excel-file/node";
import { tinyCell, tinyModel } from "../../test/scoring/tiny-model.ts";
import { encodePng } from "../images/encode.ts";
import { runCommandLine } from "./main.ts";

let folder: string;
let printed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-cli-workspace-"));
  await writeFile(join(folder, "tiny.onnx"), tinyModel(1));
  for (const [slide, from] of [
    ["a", 0],
    ["b", 10],
  ] as const) {
    await mkdir(join(folder, "slides", slide), { recursive: true });
    for (let index = from; index < from + 10; index++)
      await writeFile(join(folder, "slides", slide, `${index}.png`), await encodePng(tinyCell(index)));
  }
  const table = [
    ["sample", "cells", "dose", "unit", "remark"],
    ["Donor 1", "a", 0, "Gy", "first"],
    ["Donor 2", "b", 2, "Gy", "second"],
  ];
  await writeFile(join(folder, "slides", "study.xlsx"), await writeWorkbook(table).toBuffer());
});

beforeEach(() => {
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs a command in a workspace of this name and returns its JSON result. */
async function mn(lab: string, ...args: string[]) {
  printed = "";
  const code = await runCommandLine(["--json", ...args, "--workspace", join(folder, lab)]);
  return { code, ...JSON.parse(printed || "{}") };
}

async function filled(lab: string): Promise<void> {
  await runCommandLine(["workspace", "init", join(folder, lab)]);
  await mn(lab, "study", "create", "S", "--kind", "biodosimetry", "--by", "Ana");
  await mn(lab, "study", "import", "S", join(folder, "slides", "study.xlsx"), "--seed", "1", "--by", "Ana");
  await mn(
    lab,
    "study",
    "score",
    "S",
    "--model",
    join(folder, "tiny.onnx"),
    "--threads",
    "1",
    "--device",
    "cpu",
    "--by",
    "Ana",
  );
}

test("a study goes from a workbook and folders of images to counts and a report of the same bytes twice", async () => {
  await filled("whole");
  const shown = await mn("whole", "study", "show", "S");
  expect(
    shown.samples.map(({ cells, bnCells, sample }: { cells: number; bnCells: number; sample: { name: string } }) => [
      sample.name,
      cells,
      bnCells,
    ]),
  ).toEqual([
    ["Donor 1", 10, 10],
    ["Donor 2", 10, 10],
  ]);
  expect(shown.samples[0].sample.columns).toEqual({ remark: "first" });
  const again = await mn("whole", "study", "import", "S", join(folder, "slides", "study.xlsx"));
  expect(again).toMatchObject({ added: 0, known: 20 });
  await mn("whole", "report", "S", "--pdf", "never", "--out", join(folder, "report 1"));
  await mn("whole", "report", "S", "--pdf", "never", "--out", join(folder, "report 2"));
  for (const file of ["report.html", "tables.xlsx", "tables/samples.csv"]) {
    const [one, two] = await Promise.all(
      ["report 1", "report 2"].map((report) => readFile(join(folder, report, file))),
    );
    expect(one?.equals(two as Buffer), file).toBe(true);
  }
  expect((await readdir(join(folder, "report 1", "tables"))).sort()).toEqual([
    "curve.csv",
    "deviations.csv",
    "distribution.csv",
    "doses.csv",
    "methods.csv",
    "readers.csv",
    "samples.csv",
    "scores.csv",
  ]);
});

test("a blinded scorer is shown codes and nothing that tells the dose", async () => {
  await filled("coded");
  await mn("coded", "study", "show", "S", "--coded");
  for (const telling of ["Donor", "dose", "first", "Gy"]) expect(printed).not.toContain(telling);
  expect(printed).toMatch(/"code": "[A-Z2-9]{6}"/);
});

test("labels from a table count, under their reader's name; the trail tells who did what", async () => {
  await filled("labels");
  const table = join(folder, "labels.csv");
  await writeFile(
    table,
    "sample,file,micronuclei,finding,reason\nDonor 1,0.png,2,,\nDonor 1,1.png,0,,\nDonor 1,2.png,,unscorable,overlap\n",
  );
  expect(await mn("labels", "study", "label", "S", table, "--by", "Ben")).toMatchObject({ code: 0, labels: 3 });
  const { samples } = await mn("labels", "study", "show", "S");
  expect(samples[0].confirmed).toMatchObject({
    mn: 1,
    normal: 1,
    unscorable: 1,
    readers: [{ reader: "Ben", cells: 3 }],
  });
  const { entries } = await mn("labels", "audit", "show", "--study", "S", "--subject", "cell 3");
  expect(entries).toMatchObject([{ who: "Ben", action: "label cell", reason: "overlap" }]);
  await writeFile(table, "sample,file,micronuclei\nDonor 1,none.png,2\n");
  expect(await mn("labels", "study", "label", "S", table)).toMatchObject({
    code: 1,
    error: { code: "LABEL_CELL_UNKNOWN" },
  });
});

test("a sample is left out with a reason and taken back in", async () => {
  await filled("excluded");
  await mn("excluded", "study", "exclude", "S", "Donor 2", "--reason", "clotted");
  expect((await mn("excluded", "study", "show", "S")).excluded[0].sample.excluded).toBe("clotted");
  await mn("excluded", "study", "exclude", "S", "Donor 2", "--reason", "a slip", "--undo");
  expect((await mn("excluded", "study", "list")).studies).toMatchObject([{ name: "S", samples: 2, cells: 20 }]);
});

test("a table of scored cells is taken in as the predictions of the model that made it", async () => {
  await runCommandLine(["workspace", "init", join(folder, "scores")]);
  await mn("scores", "study", "create", "S");
  const table = join(folder, "scores.csv");
  await writeFile(
    table,
    "file,id,probability,quality,error\na.png,7,0.9,ok,\nb.png,8,0.1,ok,\nc.png,9,0.8,blank,\nd.png,10,,,IMAGE_EMPTY: 0 bytes\n",
  );
  const imported = await mn(
    "scores",
    "study",
    "import",
    "S",
    table,
    "--sample",
    "A",
    "--scored-by",
    join(folder, "tiny.onnx"),
  );
  expect(imported).toMatchObject({ code: 0, added: 4 });
  const { samples } = await mn("scores", "study", "show", "S");
  expect(samples[0]).toMatchObject({
    automatic: { positive: 1, negative: 1 },
    uncounted: { flagged: 1, unreadable: 1 },
  });
});

test("audit verify fails where the workspace does not fit its trail", async () => {
  await filled("audited");
  expect(await mn("audited", "audit", "verify")).toMatchObject({ code: 0, faults: [] });
  const database = new DatabaseSync(join(folder, "audited", "workspace.sqlite"));
  database.exec("update sample set dose = 1 where name = 'Donor 2'");
  database.close();
  expect(await mn("audited", "audit", "verify")).toMatchObject({ code: 1, error: { code: "AUDIT_BROKEN" } });
});

test.each([
  [["study", "import", "S", "slides/a"], "SAMPLE_UNNAMED"],
  [["study", "import", "S", "none", "--sample", "A"], "SOURCE_MISSING"],
  [["study", "import", "none", "slides/a", "--sample", "A"], "STUDY_MISSING"],
  [["study", "create", "T", "--curve", "none.json"], "CURVE_FILE_MISSING"],
  [["study", "create", "T", "--by", " "], "WHO_UNKNOWN"],
])("mn %j ends with %s", async (args, code) => {
  await runCommandLine(["workspace", "init", join(folder, "refused")]);
  await mn("refused", "study", "create", "S");
  const placed = args.map((word) => (word.startsWith("slides") ? join(folder, word) : word));
  expect((await mn("refused", ...placed)).error.code).toBe(code);
  expect((await mn("nowhere", "study", "list")).error.code).toBe("WORKSPACE_MISSING");
});
