import { expect, test } from "vitest";
import { drawnCell, drawnLabel } from "./drawn-cell.test-data.ts";
import { callInWords, cellInWords, findingInWords, findingSign, inOrder, nameOfFile, nextQueue } from "./wording.ts";

test("findings in words and signs", () => {
  const said = [
    drawnLabel({ micronuclei: 1 }),
    drawnLabel({ micronuclei: 3 }),
    drawnLabel({ micronuclei: null }),
    drawnLabel({ finding: "normal", micronuclei: 0 }),
    drawnLabel({ finding: "unscorable", micronuclei: null, reason: "Debris" }),
    drawnLabel({ finding: "multinucleate", micronuclei: null }),
  ];
  expect(said.map(findingInWords)).toEqual([
    "1 micronucleus",
    "3 micronuclei",
    "micronuclei",
    "normal",
    "unscorable (debris)",
    "multinucleate",
  ]);
  expect(said.map(findingSign)).toEqual(["1", "3", "MN", "0", "U", "3N+"]);
});

test("a screen reader hears place, call, own and counting label, and what is not saved yet", () => {
  const cell = drawnCell(1, {
    outcome: "positive",
    probability: 0.934,
    label: drawnLabel({ reader: "Ben", micronuclei: 2 }),
    ownLabel: drawnLabel({ finding: "normal", micronuclei: 0 }),
    disagreement: true,
  });
  expect(cellInWords(cell, 11, 12_000, undefined, "Anna")).toBe(
    "Cell 12 of 12,000; called positive, probability 0.93; your label: normal; Ben: 2 micronuclei; readers disagree",
  );
  const decision = {
    kind: "undo",
    key: "k",
    order: 1,
    reader: "Anna",
    studyId: 1,
    cellId: 1,
    takesBack: null,
  } as const;
  expect(cellInWords(cell, 0, 1, decision, "Anna")).toContain("taking back your label, not saved yet");
});

test("of a file that could not be read one hears its name and what was wrong with it", () => {
  const error = 'IMAGE_TRUNCATED: The image "x-cut.png" ends before its last pixel.';
  const cut = drawnCell(1, { file: "Slide 5/x-cut.png", outcome: "unreadable", probability: null, error });
  expect(cellInWords(cut, 0, 3, undefined, "Anna")).toBe(
    'Cell 1 of 3; Slide 5/x-cut.png: The image "x-cut.png" ends before its last pixel.; no label of yours',
  );
  const blinded = drawnCell(1, { file: "cell 1", outcome: null, error: "The image could not be read." });
  expect(cellInWords(blinded, 0, 3, undefined, "Anna")).toContain("cell 1: The image could not be read.");
});

test("the side panel names a file, not the folders that would push its name out of the line", () => {
  expect(["Plates May/Donor B/m0099.png", "cell 7"].map(nameOfFile)).toEqual(["m0099.png", "cell 7"]);
});

test("a blinded reader hears nothing of the model", () => {
  expect(callInWords(drawnCell(1, { outcome: null, probability: null }))).toBeNull();
});

test("queues with cells come first, each in the order of work; the next one is the first that is not done", () => {
  const queues = [
    { name: "all", cells: 9, reviewed: 4 },
    { name: "uncertain", cells: 0, reviewed: 0 },
    { name: "positive", cells: 3, reviewed: 3 },
    { name: "flagged", cells: 2, reviewed: 0 },
  ] as const;
  expect(inOrder(queues).map(({ name }) => name)).toEqual(["positive", "flagged", "all", "uncertain"]);
  expect(nextQueue(queues, "positive")?.name).toBe("flagged");
  expect(nextQueue(queues, "flagged")).toBeNull();
});
