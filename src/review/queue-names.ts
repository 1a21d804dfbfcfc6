/**
 * Ways through a study's cells. `all`: slide by slide. `uncertain`: probability nearest to the threshold first. `positive`:
 * called positive, surest first. `random-positive`, `random-negative`: the audit samples as drawn. `second`: what another
 * reader has read first, in random order. `disagreements`: what readers differ on, decided or not. `flagged`, `unreadable`:
 * by outcome. A sample that is left out of the result is in none of them, unless it is asked for.
 */
export const QUEUES = [
  "all",
  "uncertain",
  "positive",
  "random-negative",
  "random-positive",
  "second",
  "disagreements",
  "flagged",
  "unreadable",
] as const;
export type QueueName = (typeof QUEUES)[number];
