const WINDOW_MILLISECONDS = 120_000;
/** Before so much time has passed a pace says nothing. */
const LEAST_MILLISECONDS = 15_000;

/** Times of decisions of the last two minutes, with the new one. */
export function withDecision(times: readonly number[], now: number): readonly number[] {
  return [...recent(times, now), now];
}

/** Decisions a minute over the last two minutes, or since the first of them; null before there is anything to say. */
export function pacePerMinute(times: readonly number[], now: number): number | null {
  const counted = recent(times, now);
  const [first] = counted;
  if (first === undefined || counted.length < 2 || now - first < LEAST_MILLISECONDS) return null;
  return ((counted.length - 1) * 60_000) / (now - first);
}

function recent(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => now - time < WINDOW_MILLISECONDS);
}
