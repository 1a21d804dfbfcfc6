// Labels cells one after the other and says each label's number once it is confirmed, until somebody kills it.
import { writeSync } from "node:fs";
import { labelCell } from "../../src/workspace/labels.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf } from "./made-study.ts";

const [folder = "", reader = ""] = process.argv.slice(2);
const workspace = await Workspace.open(folder, () => new Date());
const cells = await cellsOf(workspace, "A");
for (let turn = 0; ; turn++) {
  const cellId = cells[turn % cells.length] ?? 0;
  const { id } = await labelCell(workspace, reader, { cellId, finding: "mn", micronuclei: 1 + (turn % 9) });
  writeSync(1, `${id}\n`);
}
