import type { Estimate, SampleResult, StudyResult } from "../../../../src/server/api/results.ts";

const COLUMNS: readonly { name: string; value: (sample: SampleResult) => string | number | null }[] = [
  { name: "sample", value: ({ name }) => name },
  { name: "code", value: ({ code }) => code },
  { name: "role", value: ({ role }) => role },
  { name: "dose", value: ({ dose }) => dose },
  { name: "dose_unit", value: ({ doseUnit }) => doseUnit },
  { name: "excluded", value: ({ excluded }) => excluded },
  { name: "binucleated_cells", value: ({ bnCells }) => bnCells },
  { name: "mn_cells", value: ({ mnbnCells }) => mnbnCells },
  { name: "mn_cells_confirmed", value: ({ confirmedMn }) => confirmedMn },
  { name: "mn_cells_automatic", value: ({ automaticPositive }) => automaticPositive },
  ...estimateColumns("per_thousand", ({ frequencyPerThousand }) => frequencyPerThousand),
  ...estimateColumns("corrected_per_thousand", ({ correctedPerThousand }) => correctedPerThousand),
  ...estimateColumns("dose_gray", ({ dose95 }) => (dose95 !== null && "value" in dose95 ? dose95 : null)),
  { name: "micronuclei", value: ({ micronuclei }) => micronuclei },
  { name: "dispersion_index", value: ({ dispersionIndex }) => dispersionIndex },
  { name: "cbpi", value: ({ cbpi }) => cbpi },
];

/** The results as a table, a row for each sample (RFC 4180), numbers in full. Missing values are empty. */
export function resultCsv({ samples }: StudyResult): string {
  const lines = samples.map((sample) => COLUMNS.map(({ value }) => quoted(value(sample))).join(","));
  return `${[COLUMNS.map(({ name }) => name).join(","), ...lines].join("\r\n")}\r\n`;
}

function estimateColumns(name: string, of: (sample: SampleResult) => Estimate | null) {
  return [
    { name, value: (sample: SampleResult) => of(sample)?.value ?? null },
    { name: `${name}_low`, value: (sample: SampleResult) => of(sample)?.low ?? null },
    { name: `${name}_high`, value: (sample: SampleResult) => of(sample)?.high ?? null },
  ];
}

/** A spreadsheet would run a text that begins like a formula: a quote before it keeps it a text. */
function quoted(value: string | number | null): string {
  if (value === null || typeof value === "number") return `${value ?? ""}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
