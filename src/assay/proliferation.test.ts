import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import {
  cytokinesisBlockProliferationIndex,
  cytostasis,
  nuclearDivisionIndex,
  replicationIndex,
} from "./proliferation.ts";

const treated = { mono: 200, bi: 280, tri: 15, tetra: 5 };
const control = { mono: 120, bi: 350, tri: 20, tetra: 10 };
const merged = ({ mono, bi, tri, tetra }: typeof treated) => ({ mono, bi, multi: tri + tetra });

test("CBPI, replication index, cytostasis and NDI of a treated and a control culture", () => {
  golden.near(
    [treated, control].map((c) => cytokinesisBlockProliferationIndex(merged(c))),
    "CBPI treated,control",
  );
  golden.near([treated, control].map(nuclearDivisionIndex), "NDI treated,control");
  golden.near([replicationIndex(merged(treated), merged(control))], "RI%");
  golden.near([cytostasis(merged(treated), merged(control))], "cytostasis%");
});

test("a culture like its control has replication index 100 and no cytostasis", () => {
  expect(replicationIndex(merged(control), merged(control))).toBeCloseTo(100, 12);
  expect(cytostasis(merged(control), merged(control))).toBeCloseTo(0, 12);
});

test("a culture that did not divide at all has CBPI 1 and cytostasis 100 %", () => {
  const arrested = { mono: 500, bi: 0, multi: 0 };
  expect(cytokinesisBlockProliferationIndex(arrested)).toBe(1);
  expect(cytostasis(arrested, merged(control))).toBe(100);
});

test("a control that did not divide is refused: nothing is relative to it", () => {
  const run = () => replicationIndex(merged(treated), { mono: 500, bi: 0, multi: 0 });
  expect(run).toThrow(expect.objectContaining({ code: "CONTROL_DID_NOT_DIVIDE" }));
});

test("no cells and negative counts are refused", () => {
  expect(() => cytokinesisBlockProliferationIndex({ mono: 0, bi: 0, multi: 0 })).toThrow(
    expect.objectContaining({ code: "NO_CELLS_COUNTED" }),
  );
  expect(() => nuclearDivisionIndex({ mono: 5, bi: -1, tri: 0, tetra: 0 })).toThrow(
    expect.objectContaining({ code: "COUNT_INVALID" }),
  );
});
