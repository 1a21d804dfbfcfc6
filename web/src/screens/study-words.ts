import type { Progress, StudySummary } from "../../../src/server/api/studies.ts";
import type { BadgeTone } from "../design/badge.tsx";

export const KINDS: Record<StudySummary["kind"], { title: string; about: string }> = {
  frequency: { title: "Frequency", about: "How many cells with micronuclei each sample has." },
  biodosimetry: { title: "Biodosimetry", about: "The frequency, and the dose that it speaks for." },
  genotoxicity: { title: "Genotoxicity", about: "Concentrations against a control: trend, tests, verdict." },
};

export const STATES: Record<StudySummary["state"], { title: string; tone: BadgeTone }> = {
  empty: { title: "No images yet", tone: "plain" },
  unscored: { title: "Not scored", tone: "warning" },
  scoring: { title: "Being scored", tone: "accent" },
  reviewing: { title: "To be checked", tone: "warning" },
  reviewed: { title: "Checked", tone: "good" },
};

/** Cells that a model is to go through: a picture that is there twice counts once. */
export function cellsToScore({ cells, duplicates }: Progress): number {
  return cells - duplicates;
}

/** A study's title; empty where it only repeats the name. */
export function titleOf({ name, title }: StudySummary): string {
  return title === name ? "" : title;
}
