import { expect, test } from "vitest";
import type { SampleResult, StudyResult } from "../../../../src/server/api/results.ts";
import { resultCsv } from "./result-csv.ts";

const SAMPLE: SampleResult = {
  id: 1,
  name: "Donor 1",
  code: "A7",
  role: null,
  dose: 2,
  doseUnit: "Gy",
  excluded: null,
  progress: {
    cells: 1000,
    duplicates: 0,
    scored: 1000,
    unreadable: 0,
    flagged: 0,
    calledPositive: 20,
    reviewed: 20,
    positiveReviewed: 20,
  },
  bnCells: 1000,
  mnbnCells: 18,
  confirmedMn: 18,
  automaticPositive: 0,
  frequencyPerThousand: { value: 18, low: 10.7, high: 28.3 },
  correctedPerThousand: null,
  micronuclei: 21,
  dispersionIndex: 1.1,
  cbpi: null,
  dose95: { missing: "no curve" },
};

function rows(sample: Partial<SampleResult>): Record<string, string> {
  const [head = "", line = ""] = resultCsv({ samples: [{ ...SAMPLE, ...sample }] } as StudyResult).split("\r\n");
  const values = line.split(",");
  return Object.fromEntries(head.split(",").map((name, index) => [name, values[index] ?? ""]));
}

test("numbers are written in full and what is missing is empty", () => {
  const row = rows({});
  expect(row).toMatchObject({ sample: "Donor 1", dose: "2", per_thousand: "18", per_thousand_high: "28.3" });
  expect(row).toMatchObject({ corrected_per_thousand: "", dose_gray: "", cbpi: "" });
});

test("commas and quotes in a name are quoted", () => {
  expect(resultCsv({ samples: [{ ...SAMPLE, name: 'A, "b"' }] } as StudyResult)).toContain('\r\n"A, ""b""",A7,');
});

test("a name that a spreadsheet would run is kept a text", () => {
  expect(rows({ name: "=1+1" }).sample).toBe("'=1+1");
});
