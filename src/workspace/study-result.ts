import type { FittedCurve } from "../assay/calibration-curve.ts";
import { type CalibrationCurve, fitCalibrationCurve } from "../assay/calibration-curve.ts";
import { type Dispersion, dispersionOf } from "../assay/dispersion.ts";
import {
  type CaseCount,
  type DoseEstimate,
  estimateDoseDelta,
  estimateDoseMerkle,
  protractionFactor,
} from "../assay/dose.ts";
import { type MnbnFrequency, type MnYield, mnbnFrequency, mnYield } from "../assay/frequency.ts";
import { describeHistoricalControl } from "../assay/historical-control.ts";
import { cytokinesisBlockProliferationIndex, cytostasis, type NucleationCounts } from "../assay/proliferation.ts";
import { judgeStudy, type TreatedGroup, type Verdict } from "../assay/verdict.ts";
import { AssayError } from "../core/errors.ts";
import type { SampleCounts } from "./counts.ts";
import type { StudyDesign } from "./study.ts";
import type { Role } from "./study-table.ts";

/** A value, or why there is none. */
export type Outcome<Value> = { readonly value: Value } | { readonly missing: string };

/** A sample with its frequency. */
export interface SampleResult extends SampleCounts {
  /** What the sample is for: as the table says, else after its dose and the kind of study. */
  readonly role: Role | null;
  /** Null where no cell counts. */
  readonly frequency: MnbnFrequency | null;
  /** Null where not every micronucleus was counted. */
  readonly yield: MnYield | null;
  readonly dispersion: Dispersion | null;
  /** Cells by number of nuclei, from the study table or from labels; null where there are none. */
  readonly nucleation: NucleationCounts | null;
  readonly cbpi: number | null;
}

/** The dose of a sample of unknown dose. */
export interface SampleDose {
  readonly sample: SampleResult;
  /** What was counted: cells with micronuclei or micronuclei, after the study's endpoint. */
  readonly counted: CaseCount;
  readonly delta: Outcome<DoseEstimate>;
  readonly merkle: Outcome<DoseEstimate>;
}

export interface DoseResult {
  /** Fitted to the study's calibration samples, or from elsewhere (`source`). */
  readonly curve: Outcome<{
    readonly curve: CalibrationCurve;
    readonly fitted: FittedCurve | null;
    readonly source: string;
  }>;
  readonly doses: readonly SampleDose[];
}

/** All cultures of one concentration. */
export interface ConcentrationGroup extends TreatedGroup {
  readonly samples: number;
  readonly frequency: MnbnFrequency;
  /** p of the check that the cultures differ by no more than counting error; null for a single one. */
  readonly heterogeneityPValue: number | null;
}

export interface GenotoxicityResult {
  readonly groups: readonly ConcentrationGroup[];
  readonly doseUnit: string | null;
  readonly verdict: Outcome<Verdict>;
  readonly positiveControls: readonly SampleResult[];
}

/** A study's result, computed from its counts alone. */
export interface StudyResult {
  readonly samples: readonly SampleResult[];
  /** Left out, with their reasons. */
  readonly excluded: readonly SampleCounts[];
  readonly dose: DoseResult | null;
  readonly genotoxicity: GenotoxicityResult | null;
}

/** The result of a study from the counts of its samples. */
export function computeResult(design: StudyDesign, counts: readonly SampleCounts[]): StudyResult {
  const samples = counts.filter(({ sample }) => sample.excluded === null).map((count) => sampleResult(design, count));
  return {
    samples,
    excluded: counts.filter(({ sample }) => sample.excluded !== null),
    dose: design.kind === "biodosimetry" ? doseResult(design, samples) : null,
    genotoxicity: design.kind === "genotoxicity" ? genotoxicityResult(design, samples) : null,
  };
}

function sampleResult(design: StudyDesign, counts: SampleCounts): SampleResult {
  const { bnCells, mnbnCells, micronuclei, distribution } = counts;
  const nucleation = nucleationOf(counts);
  return {
    ...counts,
    role: counts.sample.role ?? roleByDose(design, counts.sample.dose),
    frequency: bnCells === 0 ? null : mnbnFrequency({ mnbnCells, bnCells }, design.level),
    yield: bnCells === 0 || micronuclei === null ? null : mnYield({ micronuclei, bnCells }, design.level),
    dispersion: bnCells === 0 || distribution === null ? null : dispersionOf(distribution),
    nucleation,
    cbpi: nucleation === null ? null : cytokinesisBlockProliferationIndex(nucleation),
  };
}

function roleByDose({ kind }: StudyDesign, dose: number | null): Role | null {
  if (kind === "biodosimetry") return dose === null ? "unknown" : "calibration";
  if (kind === "genotoxicity" && dose !== null) return dose === 0 ? "control" : "treated";
  return null;
}

/** Counts of the study table where it has them; else what readers found, which is a sample only if they saw all cells. */
function nucleationOf({ sample, confirmed }: SampleCounts): NucleationCounts | null {
  const { monoCells, biCells, multiCells } = sample;
  if (monoCells !== null && biCells !== null && multiCells !== null)
    return { mono: monoCells, bi: biCells, multi: multiCells };
  const { mononucleate, multinucleate, normal, mn } = confirmed;
  if (mononucleate + multinucleate === 0) return null;
  return { mono: mononucleate, bi: normal + mn, multi: multinucleate };
}

function doseResult(design: StudyDesign, samples: readonly SampleResult[]): DoseResult {
  const curve = attempt(() => curveOf(design, samples));
  const protraction = design.exposureHours === 0 ? 1 : protractionFactor(design.exposureHours);
  const doses = samples
    .filter(({ role, bnCells }) => role === "unknown" && bnCells > 0)
    .map((sample): SampleDose => {
      const counted = attempt(() => countedFor(design, sample));
      if ("missing" in curve || "missing" in counted) {
        const missing = "missing" in counted ? counted.missing : "missing" in curve ? curve.missing : "";
        return { sample, counted: countOfCells(sample), delta: { missing }, merkle: { missing } };
      }
      const { value: caseCount } = counted;
      const { curve: used } = curve.value;
      return {
        sample,
        counted: caseCount,
        delta: attempt(() => estimateDoseDelta(used, caseCount, { level: design.level, protraction })),
        merkle: attempt(() => estimateDoseMerkle(used, caseCount, { protraction })),
      };
    });
  return { curve, doses };
}

function curveOf(design: StudyDesign, samples: readonly SampleResult[]) {
  if (design.curve !== null) return { curve: design.curve.curve, fitted: null, source: design.curve.source };
  const calibration = samples.filter(({ role, bnCells }) => role === "calibration" && bnCells > 0);
  const points = [...groupBy(calibration, ({ sample }) => sample.dose ?? 0)].map(([doseGray, members]) => {
    const counts = members.map((member) => countedFor(design, member));
    return { doseGray, bnCells: sum(counts, "bnCells"), micronuclei: sum(counts, "micronuclei") };
  });
  const fitted = fitCalibrationCurve(points, { model: design.curveModel });
  return { curve: fitted, fitted, source: `${calibration.length} calibration samples of this study` };
}

/** The events that a dose is read from. Throws COUNTS_INCOMPLETE where single micronuclei are asked for and not counted. */
function countedFor({ endpoint }: StudyDesign, sample: SampleResult): CaseCount {
  if (endpoint === "mnbn") return countOfCells(sample);
  const { bnCells, micronuclei, dispersion } = sample;
  if (micronuclei !== null) return { bnCells, micronuclei, dispersionIndex: dispersion?.dispersionIndex ?? null };
  throw new AssayError(
    "COUNTS_INCOMPLETE",
    `The micronuclei of ${sample.sample.name} are not all counted: ${sample.automatic.positive} cells were only called by the model. ` +
      "Have a person count them, or use the endpoint mnbn.",
  );
}

/** Cells with micronuclei taken as events: each counts once, so that their dispersion is that of a proportion. */
function countOfCells({ bnCells, mnbnCells }: SampleResult): CaseCount {
  return { bnCells, micronuclei: mnbnCells };
}

function genotoxicityResult(design: StudyDesign, samples: readonly SampleResult[]): GenotoxicityResult {
  const compared = samples.filter(({ role, bnCells }) => (role === "control" || role === "treated") && bnCells > 0);
  const controls = compared.filter(({ role }) => role === "control");
  const groups = [...groupBy(compared, ({ role, sample }) => (role === "control" ? 0 : (sample.dose ?? 0)))]
    .sort(([one], [other]) => one - other)
    .map(([dose, members]) => concentrationGroup(design, dose, members, controls));
  const [control, ...treated] = groups;
  const { historicalRatePerCell } = design;
  return {
    groups,
    doseUnit: compared.find(({ sample }) => sample.doseUnit !== null)?.sample.doseUnit ?? null,
    verdict: attempt(() => {
      if (control === undefined || control.dose !== 0)
        throw new AssayError(
          "CONTROL_MISSING",
          "The study has no control with cells: give a sample the role control, or dose 0.",
        );
      return judgeStudy({ control, treated, ...(historicalRatePerCell !== null && { historicalRatePerCell }) });
    }),
    positiveControls: samples.filter(({ role }) => role === "positive control"),
  };
}

function concentrationGroup(
  design: StudyDesign,
  dose: number,
  members: readonly SampleResult[],
  controls: readonly SampleResult[],
): ConcentrationGroup {
  const counts = { mnbnCells: sum(members, "mnbnCells"), bnCells: sum(members, "bnCells") };
  const loss = dose === 0 ? null : cytostasisOf(members, controls);
  const comparable = members.length > 1 && counts.mnbnCells > 0;
  return {
    dose,
    ...counts,
    samples: members.length,
    frequency: mnbnFrequency(counts, design.level),
    heterogeneityPValue: comparable ? describeHistoricalControl(members).dispersionPValue : null,
    ...(loss !== null && { cytostasisPercent: loss }),
  };
}

function cytostasisOf(members: readonly SampleResult[], controls: readonly SampleResult[]): number | null {
  const [treated, control] = [pooledNucleation(members), pooledNucleation(controls)];
  if (treated === null || control === null || control.bi + control.multi === 0) return null;
  return cytostasis(treated, control);
}

function pooledNucleation(members: readonly SampleResult[]): NucleationCounts | null {
  const counts = members.flatMap(({ nucleation }) => nucleation ?? []);
  if (counts.length === 0) return null;
  return { mono: sum(counts, "mono"), bi: sum(counts, "bi"), multi: sum(counts, "multi") };
}

/** Statistics that cannot be computed are no failure of the study: the reason stands where the number would. */
function attempt<Value>(compute: () => Value): Outcome<Value> {
  try {
    return { value: compute() };
  } catch (error) {
    if (error instanceof AssayError) return { missing: error.message };
    throw error;
  }
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function sum<Name extends string>(items: readonly { readonly [Key in Name]: number }[], name: Name): number {
  return items.reduce((total, item) => total + item[name], 0);
}
