// A small genotoxicity study, from images to report:
//
//   node scripts/run.mjs examples/genotoxicity/genotoxicity.ts [FOLDER]
//
// A solvent control and four concentrations, two cultures each, under codes. All cells are drawn, with known numbers of
// micronuclei. The model in the box calls them; a "person", who knows what was drawn, sees every cell that it called positive
// and a random sample of those that it called negative, so that the report can say what the model misses. One image is
// damaged and one occurs twice: the report lists both.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { RandomStream } from "../../src/core/random.ts";
import { drawForAudit, RANDOM_QUEUES } from "../../src/workspace/call-audit.ts";
import { labelCells } from "../../src/workspace/labels.ts";
import { findStudy } from "../../src/workspace/study.ts";
import { showCell } from "../../src/workspace/study-cells.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { type DrawnSlide, drawSlides } from "../drawn-slides.ts";
import { runCommands } from "../run-commands.ts";

/** Micrograms per millilitre, cells without and with 1 and 2 micronuclei in each of two cultures, and cells by nuclei. */
const concentrations: [concentration: number, cells: number[], nuclei: [mono: number, bi: number, multi: number]][] = [
  [0, [29, 1], [118, 352, 30]],
  [5, [28, 2], [131, 342, 27]],
  [10, [26, 4], [150, 326, 24]],
  [20, [22, 7, 1], [189, 292, 19]],
  [40, [16, 11, 3], [243, 244, 13]],
];

const slides: DrawnSlide[] = concentrations.flatMap(([concentration, cellsByMicronuclei, [mono, bi, multi]]) =>
  ["A", "B"].map((culture) => ({
    sample: {
      sample: `${concentration}-${culture}`,
      culture,
      concentration,
      unit: "µg/mL",
      harvest_hours: 44,
      mono,
      bi,
      multi,
    },
    cellsByMicronuclei,
  })),
);

/** Cells called negative that the person sees. */
const NEGATIVES_SEEN = 40;

const [folder = "genotoxicity-example"] = process.argv.slice(2);
const [images, workspace] = [join(folder, "slides"), join(folder, "workspace")];
const where = ["--workspace", workspace];

await drawSlides(images, slides, "genotoxicity example");
await writeFile(
  join(images, "10-A", "cell-901.png"),
  (await readFile(join(images, "10-A", "cell-001.png"))).subarray(0, 400),
);
await copyFile(join(images, "20-B", "cell-002.png"), join(images, "20-B", "cell-902.png"));
await runCommands([
  ["workspace", "init", workspace],
  [
    "study",
    "create",
    "item-7",
    "--kind",
    "genotoxicity",
    "--title",
    "Test item 7 in human lymphocytes",
    "--historical-rate",
    "0.03",
    ...where,
  ],
  ["study", "import", "item-7", join(images, "study.csv"), "--seed", "1", ...where],
  ["study", "score", "item-7", ...where],
]);
await seeCells();
await runCommands([
  ["study", "show", "item-7", ...where],
  ["audit", "verify", ...where],
  ["report", "item-7", "--out", join(folder, "report"), ...where],
]);

/** The person: sees every cell called positive or flagged and some called negative, and finds what was drawn. */
async function seeCells(): Promise<void> {
  const drawn = parse<Record<"sample" | "file" | "micronuclei", string>>(
    await readFile(join(images, "counted-by-eye.csv")),
    { columns: true },
  );
  const micronucleiOf = new Map(
    drawn.map(({ sample, file, micronuclei }) => [`${sample}/${file}`, Number(micronuclei)]),
  );
  const opened = await Workspace.open(workspace, () => new Date());
  const study = await findStudy(opened.db, "item-7");
  const stream = new RandomStream("audit of the calls");
  const seeIn = async (queue: string, ids: readonly number[]): Promise<void> => {
    const seen = await Promise.all(ids.map((id) => showCell(opened.db, id, study.scoringId)));
    const labels = seen.map(({ id, sample, file }) => {
      const micronuclei = micronucleiOf.get(`${sample}/${file}`) ?? 0;
      return { cellId: id, finding: micronuclei === 0 ? "normal" : "mn", micronuclei, queue } as const;
    });
    await labelCells(opened, "B. Reader", labels);
  };
  for (const called of ["positive", "negative"] as const) {
    const cells = called === "positive" ? Number.POSITIVE_INFINITY : NEGATIVES_SEEN;
    await seeIn(RANDOM_QUEUES[called], await drawForAudit(opened.db, study, { called, cells, stream }));
  }
  // Images unlike those that the model learned from do not count until a person has seen them.
  const flagged = await opened.db
    .selectFrom("prediction")
    .select("cell_id")
    .where("scoring_id", "=", study.scoringId)
    .where("outcome", "=", "flagged")
    .execute();
  await seeIn(
    "flagged",
    flagged.map(({ cell_id }) => cell_id),
  );
  await opened.close();
}
