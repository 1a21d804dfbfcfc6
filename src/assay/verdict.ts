import { AssayError } from "../core/errors.ts";
import { fisherExact, holm } from "./comparison.ts";
import type { MnbnCount } from "./frequency.ts";
import { type ControlLimits, historicalLimits } from "./historical-control.ts";
import { requireProbability, requireQuantity } from "./input-checks.ts";
import { cochranArmitage, type DoseGroup, type TrendTest } from "./trend.ts";
import { inWords, pValueInWords } from "./wording.ts";

/** A culture or pooled cultures of one concentration, with its loss of proliferation where measured. */
export type TreatedGroup = DoseGroup & { readonly cytostasisPercent?: number };

export type GenotoxicityStudy = {
  /** Solvent control, dose 0. */
  readonly control: MnbnCount;
  readonly treated: readonly TreatedGroup[];
  /** Pooled share of cells with micronuclei in earlier negative controls; absent where there are none. */
  readonly historicalRatePerCell?: number;
};

export type VerdictSettings = {
  /** Significance level of each criterion; 0.05 by default. */
  readonly alpha?: number;
  /** Level of the historical control limits; 0.95 by default. */
  readonly historicalLevel?: number;
  readonly trendScores?: "dose" | "rank";
};

/** One treated concentration against the control. */
export type GroupComparison = TreatedGroup & {
  readonly perThousand: number;
  /** Fisher's exact test, one-sided for an increase. */
  readonly pValue: number;
  /** The same after Holm's correction over the concentrations. */
  readonly adjustedPValue: number;
  readonly significant: boolean;
  readonly historical: (ControlLimits & { readonly exceeded: boolean }) | null;
};

/** A criterion of the verdict; `met` is null where it could not be judged. */
export type Criterion = {
  readonly name: "pairwise" | "trend" | "historical";
  readonly met: boolean | null;
  /** A sentence with the numbers. */
  readonly reason: string;
};

export type Verdict = {
  readonly verdict: "positive" | "negative" | "equivocal";
  /** What the verdict means, and the reasons, in sentences. */
  readonly summary: string;
  readonly criteria: readonly Criterion[];
  readonly comparisons: readonly GroupComparison[];
  /** Null where no cell, or every cell, has micronuclei. */
  readonly trend: TrendTest | null;
  /** What a reader of the result must know besides, such as too few cells. */
  readonly remarks: readonly string[];
};

/** What OECD TG 487 asks for, as far as counts show it. */
const RECOMMENDED_CELLS = 2000;
const RECOMMENDED_CONCENTRATIONS = 3;
const HIGHEST_CYTOSTASIS_PERCENT = 60;

/**
 * Verdict of a micronucleus study from three criteria: a concentration is significantly above the control (Fisher,
 * one-sided, Holm), the frequency rises with dose (Cochran-Armitage, one-sided), and a concentration exceeds the
 * historical control limits. All met: positive. None met: negative. Else equivocal; without historical data no verdict
 * is positive.
 *
 * Supports reporting for OECD TG 487. It does not show that a study complies with it: design, acceptability and
 * biological relevance are for the study director to judge. STATISTICS, reporting rules.
 */
export function judgeStudy(study: GenotoxicityStudy, settings: VerdictSettings = {}): Verdict {
  const { alpha = 0.05, trendScores = "dose" } = settings;
  requireProbability(alpha, "significance level");
  requireTreated(study.treated);
  const comparisons = compareGroups(study, alpha, settings.historicalLevel ?? 0.95);
  const trend = trendOf([{ ...study.control, dose: 0 }, ...study.treated], trendScores);
  const criteria = [
    pairwiseCriterion(comparisons, alpha),
    trendCriterion(trend, alpha),
    historicalCriterion(comparisons),
  ];
  const verdict = verdictOf(criteria);
  return { verdict, summary: summaryOf(verdict, criteria), criteria, comparisons, trend, remarks: remarksOn(study) };
}

function compareGroups(study: GenotoxicityStudy, alpha: number, historicalLevel: number): GroupComparison[] {
  const pValues = study.treated.map((group) => fisherExact(group, study.control).higher);
  const adjusted = holm(pValues);
  return study.treated.map((group, index) => {
    const adjustedPValue = adjusted[index] ?? 1;
    return {
      ...group,
      perThousand: (1000 * group.mnbnCells) / group.bnCells,
      pValue: pValues[index] ?? 1,
      adjustedPValue,
      significant: adjustedPValue < alpha,
      historical: historicalOf(group, study.historicalRatePerCell, historicalLevel),
    };
  });
}

function historicalOf(group: MnbnCount, rate: number | undefined, level: number): GroupComparison["historical"] {
  if (rate === undefined) return null;
  const limits = historicalLimits(rate, group.bnCells, level);
  return { ...limits, exceeded: group.mnbnCells > limits.high };
}

function trendOf(groups: readonly DoseGroup[], scores: "dose" | "rank"): TrendTest | null {
  const positives = groups.reduce((sum, { mnbnCells }) => sum + mnbnCells, 0);
  const cells = groups.reduce((sum, { bnCells }) => sum + bnCells, 0);
  return positives === 0 || positives === cells ? null : cochranArmitage(groups, scores);
}

function pairwiseCriterion(comparisons: readonly GroupComparison[], alpha: number): Criterion {
  const significant = comparisons.filter((group) => group.significant);
  const met = significant.length > 0;
  const named = (met ? significant : [smallestP(comparisons)]).map(
    ({ dose, perThousand, adjustedPValue }) =>
      `${inWords(dose)} (${inWords(perThousand)} per 1000, adjusted p ${pValueInWords(adjustedPValue)})`,
  );
  return {
    name: "pairwise",
    met,
    reason: met
      ? `The frequency is significantly above the control at concentration ${named.join(", ")}.`
      : `No concentration is significantly above the control at the ${alpha} level; nearest is ${named.join(", ")}.`,
  };
}

function smallestP(comparisons: readonly GroupComparison[]): GroupComparison {
  return comparisons.reduce((least, group) => (group.pValue < least.pValue ? group : least));
}

function trendCriterion(trend: TrendTest | null, alpha: number): Criterion {
  if (trend === null)
    return { name: "trend", met: false, reason: "All cells are alike, so that there is no trend over the doses." };
  const met = trend.rising < alpha;
  const numbers = `Cochran-Armitage Z ${inWords(trend.z)}, one-sided p ${pValueInWords(trend.rising)}`;
  return {
    name: "trend",
    met,
    reason: `The frequency ${met ? "rises" : "does not rise"} significantly with dose (${numbers}).`,
  };
}

function historicalCriterion(comparisons: readonly GroupComparison[]): Criterion {
  if (comparisons.every(({ historical }) => historical === null))
    return { name: "historical", met: null, reason: "Not compared with historical controls: none were given." };
  const above = comparisons.filter(({ historical }) => historical?.exceeded);
  const met = above.length > 0;
  const named = (met ? above : comparisons).map(
    ({ dose, mnbnCells, historical }) =>
      `${inWords(dose)} (${mnbnCells} cells, limits ${historical?.low} to ${historical?.high})`,
  );
  return {
    name: "historical",
    met,
    reason: `${met ? "Above" : "Not above"} the historical control limits at concentration ${named.join(", ")}.`,
  };
}

function verdictOf(criteria: readonly Criterion[]): Verdict["verdict"] {
  if (criteria.every(({ met }) => met === true)) return "positive";
  return criteria.every(({ met }) => met !== true) ? "negative" : "equivocal";
}

const MEANING = {
  positive: "Positive: all criteria of an increase in cells with micronuclei are met.",
  negative: "Negative: no criterion of an increase in cells with micronuclei is met.",
  equivocal: "Equivocal: the criteria disagree, or not all could be judged.",
} as const;

function summaryOf(verdict: Verdict["verdict"], criteria: readonly Criterion[]): string {
  return [MEANING[verdict], ...criteria.map(({ reason }) => reason)].join(" ");
}

function remarksOn({ control, treated, historicalRatePerCell }: GenotoxicityStudy): string[] {
  const groups = [
    { ...control, name: "the control" },
    ...treated.map((g) => ({ ...g, name: `concentration ${g.dose}` })),
  ];
  const few = groups
    .filter(({ bnCells }) => bnCells < RECOMMENDED_CELLS)
    .map(({ name, bnCells }) => `Only ${inWords(bnCells)} binucleated cells at ${name}: TG 487 asks for 2,000.`);
  const toxic = treated
    .filter(({ cytostasisPercent = 0 }) => cytostasisPercent > HIGHEST_CYTOSTASIS_PERCENT)
    .map(
      ({ dose, cytostasisPercent = 0 }) =>
        `Cytostasis of ${inWords(cytostasisPercent)} % at concentration ${dose} exceeds 55 ± 5 %: ` +
        "micronuclei there may come from toxicity alone.",
    );
  const concentrations =
    treated.length < RECOMMENDED_CONCENTRATIONS
      ? [`Only ${treated.length} concentration(s): TG 487 asks for at least ${RECOMMENDED_CONCENTRATIONS}.`]
      : [];
  return [...few, ...concentrations, ...toxic, ...remarkOnControl(control, historicalRatePerCell)];
}

function remarkOnControl(control: MnbnCount, rate: number | undefined): string[] {
  if (rate === undefined) return [];
  const { low, high } = historicalLimits(rate, control.bnCells);
  if (control.mnbnCells >= low && control.mnbnCells <= high) return [];
  return [
    `The control itself (${control.mnbnCells} cells) lies outside the historical limits ${low} to ${high}: ` +
      "judge first whether the experiment is acceptable.",
  ];
}

function requireTreated(treated: readonly TreatedGroup[]): void {
  if (treated.length === 0)
    throw new AssayError("TREND_NEEDS_DOSES", "The study has no treated group: give at least one concentration.");
  for (const { dose } of treated) {
    requireQuantity(dose, "concentration");
    if (dose > 0) continue;
    throw new AssayError(
      "TREND_NEEDS_DOSES",
      "A treated group has concentration 0. Pool it with the control, or give its concentration.",
    );
  }
}
