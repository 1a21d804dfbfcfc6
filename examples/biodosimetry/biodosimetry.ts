// A small biodosimetry study, from images to report:
//
//   node scripts/run.mjs examples/biodosimetry/biodosimetry.ts [FOLDER]
//
// Blood irradiated with five known doses makes the calibration curve; two donors have doses to be found. All cells are drawn,
// with as many micronuclei as the tables below say, scored by the model in the box, and then counted by a "person", who
// knows what was drawn. A curve belongs to one way of counting: here every cell is counted by eye, for both.
import { join } from "node:path";
import { type DrawnSlide, drawSlides } from "../drawn-slides.ts";
import { runCommands } from "../run-commands.ts";

const calibration: [doseGray: number, cellsByMicronuclei: number[]][] = [
  [0, [38, 2]],
  [1, [34, 5, 1]],
  [2, [27, 10, 3]],
  [3, [20, 12, 6, 2]],
  [4, [13, 12, 9, 6]],
];
const donors: [name: string, cellsByMicronuclei: number[]][] = [
  ["Donor A", [24, 11, 4, 1]],
  ["Donor B", [38, 2]],
];

const slides: DrawnSlide[] = [
  ...calibration.map(([dose, cellsByMicronuclei]) => ({
    sample: { sample: `${dose} Gy`, role: "calibration", dose, unit: "Gy", harvest_hours: 72 },
    cellsByMicronuclei,
  })),
  ...donors.map(([name, cellsByMicronuclei]) => ({
    sample: { sample: name, role: "unknown", dose: "", unit: "", harvest_hours: 72 },
    cellsByMicronuclei,
  })),
];

const [folder = "biodosimetry-example"] = process.argv.slice(2);
const [images, workspace] = [join(folder, "slides"), join(folder, "workspace")];
const where = ["--workspace", workspace];

await drawSlides(images, slides, "biodosimetry example");
await runCommands([
  ["workspace", "init", workspace],
  [
    "study",
    "create",
    "accident",
    "--kind",
    "biodosimetry",
    "--endpoint",
    "mn",
    "--title",
    "Doses of two donors",
    ...where,
  ],
  ["study", "import", "accident", join(images, "study.csv"), "--seed", "1", ...where],
  ["study", "score", "accident", ...where],
  ["study", "label", "accident", join(images, "counted-by-eye.csv"), "--by", "A. Reader", ...where],
  ["study", "show", "accident", ...where],
  ["audit", "verify", ...where],
  ["report", "accident", "--out", join(folder, "report"), ...where],
]);
