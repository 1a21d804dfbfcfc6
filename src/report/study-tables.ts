import { stringify } from "csv-stringify/sync";
import { unzipSync, zipSync } from "fflate";
import writeWorkbook from "write-excel-file/node";
import type { DoseResult, GenotoxicityResult, SampleResult } from "../workspace/study-result.ts";
import type { StudyReport } from "./study-report.ts";

type Value = string | number | null;

/** A table of a report in full precision, for CSV and Excel. */
export interface ReportTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Every table and every figure's numbers. */
export function studyTables(report: StudyReport): ReportTable[] {
  const { result } = report;
  return [
    samplesTable(result.samples),
    distributionTable(result.samples),
    readersTable(result.samples),
    ...(result.dose === null ? [] : [dosesTable(result.dose), curveTable(result.dose)]),
    ...(result.genotoxicity === null ? [] : [concentrationsTable(result.genotoxicity)]),
    scoresTable(report),
    deviationsTable(report),
    methodsTable(report),
  ];
}

/** A table as CSV, RFC 4180. */
export function asCsv({ columns, rows }: ReportTable): string {
  return stringify([[...columns], ...rows.map((row) => [...row])]);
}

/** All tables as one Excel workbook, a sheet each. Same tables, same bytes: the archive's times are set to a fixed one. */
export async function asWorkbook(tables: readonly ReportTable[]): Promise<Uint8Array> {
  const sheets = tables.map(({ name, columns, rows }) => ({
    sheet: name,
    data: [columns.map((heading) => ({ value: heading, fontWeight: "bold" as const })), ...rows.map((row) => [...row])],
    stickyRowsCount: 1,
  }));
  const workbook = await writeWorkbook(sheets).toBuffer();
  return zipSync(unzipSync(workbook), { mtime: EARLIEST_ZIP_TIME });
}

/** Zip archives count time from here, without a time zone. */
const EARLIEST_ZIP_TIME = new Date(1980, 0, 1);

function samplesTable(samples: readonly SampleResult[]): ReportTable {
  const columns = [
    ...["sample", "code", "role", "donor", "culture", "replicate", "treatment", "dose", "dose_unit", "harvest_hours"],
    ...[
      "slides",
      "cells",
      "bn_cells",
      "mnbn_cells",
      "mnbn_per_1000",
      "exact_low",
      "exact_high",
      "wilson_low",
      "wilson_high",
    ],
    ...["micronuclei", "mn_per_cell", "poisson_low", "poisson_high", "dispersion_index", "u"],
    ...["mono_cells", "bi_cells", "multi_cells", "cbpi"],
    ...["confirmed_bn_cells", "confirmed_mnbn_cells", "automatic_bn_cells", "automatic_mnbn_cells"],
    ...["unreadable", "flagged", "unscorable", "mononucleate", "multinucleate", "duplicates", "unscored"],
  ];
  return { name: "samples", columns, rows: samples.map(sampleRow) };
}

function sampleRow(result: SampleResult): Value[] {
  const { sample, frequency, nucleation, confirmed, automatic, uncounted, dispersion } = result;
  return [
    ...[sample.name, sample.code, result.role, sample.donor, sample.culture, sample.replicate, sample.treatment],
    ...[
      sample.dose,
      sample.doseUnit,
      sample.harvestHours,
      result.slides,
      result.cells,
      result.bnCells,
      result.mnbnCells,
    ],
    frequency?.perThousand ?? null,
    frequency?.clopperPearson.low ?? null,
    frequency?.clopperPearson.high ?? null,
    frequency?.wilson.low ?? null,
    frequency?.wilson.high ?? null,
    result.micronuclei,
    result.yield?.perCell ?? null,
    result.yield?.poisson.low ?? null,
    result.yield?.poisson.high ?? null,
    dispersion?.dispersionIndex ?? null,
    dispersion?.uValue ?? null,
    nucleation?.mono ?? null,
    nucleation?.bi ?? null,
    nucleation?.multi ?? null,
    result.cbpi,
    ...[confirmed.normal + confirmed.mn, confirmed.mn, automatic.positive + automatic.negative, automatic.positive],
    ...[uncounted.unreadable, uncounted.flagged, confirmed.unscorable, confirmed.mononucleate, confirmed.multinucleate],
    ...[uncounted.duplicates, uncounted.unscored],
  ];
}

function distributionTable(samples: readonly SampleResult[]): ReportTable {
  const rows = samples.flatMap(({ sample, distribution }) =>
    (distribution ?? []).map((cells, micronuclei) => [sample.name, micronuclei, cells]),
  );
  return { name: "distribution", columns: ["sample", "micronuclei", "cells"], rows };
}

function readersTable(samples: readonly SampleResult[]): ReportTable {
  const rows = samples.flatMap(({ sample, confirmed }) =>
    confirmed.readers.map(({ reader, cells }) => [sample.name, reader, cells]),
  );
  return { name: "readers", columns: ["sample", "reader", "cells"], rows };
}

function dosesTable({ doses }: DoseResult): ReportTable {
  const columns = [
    "sample",
    "cells",
    "events",
    "method",
    "level",
    "dose_gray",
    "low",
    "high",
    "standard_error",
    "missing",
  ];
  const rows = doses.flatMap(({ sample, counted, delta, merkle }) =>
    [delta, merkle].map((estimate) => {
      const counts = [sample.sample.name, counted.bnCells, counted.micronuclei];
      if ("missing" in estimate) return [...counts, null, null, null, null, null, null, estimate.missing];
      const { method, level, doseGray, low, high, standardErrorGray } = estimate.value;
      return [...counts, method, level, doseGray, low, high, standardErrorGray, null];
    }),
  );
  return { name: "doses", columns, rows };
}

function curveTable({ curve }: DoseResult): ReportTable {
  const columns = ["coefficient", "value", "covariance_c", "covariance_alpha", "covariance_beta"];
  if ("missing" in curve) return { name: "curve", columns, rows: [] };
  const { coefficients, covariance } = curve.value.curve;
  const names = ["c", "alpha", "beta"] as const;
  return {
    name: "curve",
    columns,
    rows: names.map((name, at) => [name, coefficients[name], ...(covariance[at] ?? [])]),
  };
}

function concentrationsTable({ groups, verdict, doseUnit }: GenotoxicityResult): ReportTable {
  const columns = [
    ...["concentration", "unit", "cultures", "bn_cells", "mnbn_cells", "mnbn_per_1000", "exact_low", "exact_high"],
    ...["p_fisher", "p_holm", "cytostasis_percent", "p_cultures_alike", "verdict"],
  ];
  const comparisons = "missing" in verdict ? [] : verdict.value.comparisons;
  const rows = groups.map((group) => {
    const comparison = comparisons.find(({ dose }) => dose === group.dose);
    return [
      ...[group.dose, doseUnit, group.samples, group.bnCells, group.mnbnCells, group.frequency.perThousand],
      ...[group.frequency.clopperPearson.low, group.frequency.clopperPearson.high],
      comparison?.pValue ?? null,
      comparison?.adjustedPValue ?? null,
      group.cytostasisPercent ?? null,
      group.heterogeneityPValue,
      "missing" in verdict ? null : verdict.value.verdict,
    ];
  });
  return { name: "concentrations", columns, rows };
}

function scoresTable({ histogram: { edges, positives, negatives } }: StudyReport): ReportTable {
  const rows = positives.map((positive, bin) => [
    edges[bin] ?? null,
    edges[bin + 1] ?? null,
    positive,
    negatives[bin] ?? 0,
  ]);
  return { name: "scores", columns: ["from", "to", "called_positive", "called_negative"], rows };
}

function deviationsTable({ deviations, result }: StudyReport): ReportTable {
  const excluded = result.excluded.map(({ sample }) => [sample.name, null, null, "sample left out", sample.excluded]);
  const cells = deviations.map(({ sample, slide, file, kind, reason }) => [sample, slide, file, kind, reason]);
  return { name: "deviations", columns: ["sample", "slide", "file", "kind", "reason"], rows: [...excluded, ...cells] };
}

function methodsTable({ study, scoring, head, stateAt, version }: StudyReport): ReportTable {
  const rows: Value[][] = [
    ["study", study.name],
    ["design", JSON.stringify(study.design)],
    ["state", stateAt],
    ["audit_entries", head.entries],
    ["audit_hash", head.hash],
    ["software", version],
    ["model_sha256", scoring?.modelSha256 ?? null],
    ["threshold", scoring?.threshold ?? null],
    ["scoring_settings", scoring === null ? null : JSON.stringify(scoring.settings)],
    ["scored_with", scoring?.version ?? null],
  ];
  return { name: "methods", columns: ["what", "value"], rows };
}
