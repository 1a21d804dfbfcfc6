import type { Cell, Label } from "../../../src/server/api/cells.ts";

/** A cell as the server lists it, called negative and without labels, but for what is given. */
export function drawnCell(id: number, given: Partial<Cell> = {}): Cell {
  return {
    id,
    sampleId: 1,
    sample: "Donor 1",
    slide: "1",
    file: `cell-${id}.png`,
    originalId: null,
    probability: 0.1,
    outcome: "negative",
    quality: null,
    error: null,
    label: null,
    ownLabel: null,
    disagreement: false,
    ...given,
  };
}

export function drawnLabel(given: Partial<Label> = {}): Label {
  return {
    id: 1,
    cellId: 1,
    reader: "Anna",
    finding: "mn",
    micronuclei: 1,
    reason: null,
    queue: "all",
    at: "2026-01-01T00:00:00.000Z",
    ...given,
  };
}
