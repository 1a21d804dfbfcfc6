import type { Evaluation } from "./evaluation.ts";
import { CALIBRATION_METRICS, METRIC_NAMES, RANKING_METRICS, THRESHOLD_METRICS } from "./measures.ts";

/** Below this many groups a cluster bootstrap is markedly too narrow (Cameron, Gelbach and Miller 2008). */
const FEW_GROUPS = 20;

/** What a reader must know before relying on the numbers, one sentence or two each. */
export function evaluationNotes(evaluation: Omit<Evaluation, "notes">): string[] {
  return [noteOnUnits(evaluation), noteOnWidth(evaluation), noteOnGroups(evaluation)].filter((note) => note !== null);
}

function noteOnUnits({ intervals }: Omit<Evaluation, "notes">): string | null {
  if (intervals.resamples === 0) return "No intervals were asked for.";
  if (intervals.unit === "cell") {
    return (
      "Intervals take every cell as independent. Cells of one field or slide are not, so where they come from few " +
      "fields the true uncertainty is greater: evaluate by group."
    );
  }
  if (intervals.units >= FEW_GROUPS) return null;
  return `Intervals rest on only ${intervals.units} groups (${intervals.groupedBy}) and are likely too narrow.`;
}

function noteOnWidth(evaluation: Omit<Evaluation, "notes">): string | null {
  const metrics = [...RANKING_METRICS, ...THRESHOLD_METRICS, ...CALIBRATION_METRICS].filter((metric) => {
    const interval = evaluation[`${metric}_ci95`];
    return interval !== null && interval[0] === interval[1];
  });
  if (metrics.length === 0) return null;
  return (
    `The interval has no width for ${metrics.map((metric) => METRIC_NAMES[metric]).join(", ")}: every resample gave the same. ` +
    "That is a limit of the bootstrap, not certainty."
  );
}

function noteOnGroups({ groups, intervals }: Omit<Evaluation, "notes">): string | null {
  const bare = groups.length > 0 && intervals.resamples > 0 && groups.every(({ f1_ci95 }) => f1_ci95 === null);
  return bare ? `The ${groups.length} single groups have no intervals: they are too many, or of one cell each.` : null;
}
