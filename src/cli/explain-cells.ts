import type { ReportProgress } from "../core/progress.ts";
import type { ScaleRange } from "../explanation/attention-image.ts";
import { mapsToShow } from "../explanation/attention-image.ts";
import type { Localisation } from "../explanation/localisation.ts";
import type { InstanceMask } from "../images/mask.ts";
import type { ExplainedCell } from "../report/explanation-page.ts";
import { type CellImage, type CellScore, type ScoringOptions, scoreCells } from "../scoring/score-cells.ts";
import type { ScoreRow } from "../scoring/score-format.ts";
import { type CallRule, errorColumns, scoreColumns } from "../scoring/score-row.ts";
import { explainCell } from "./explain-cell.ts";
import { LocalisationCollector } from "./explain-localisation.ts";
import type { MaskFinder } from "./explain-masks.ts";
import type { CellSource, SourceCell } from "./score-source.ts";

export interface ExplainCellsRequest {
  readonly model: { readonly bytes: Uint8Array };
  readonly rule: CallRule;
  readonly scoring: ScoringOptions;
  readonly source: CellSource;
  readonly out: string;
  /** The same range for every map; each its own where null. */
  readonly range: ScaleRange | null;
  readonly embed: boolean;
  readonly masks: MaskFinder | null;
  readonly reportProgress: ReportProgress;
}

/** What became of the masks that were asked for. */
export interface MaskOutcome {
  /** Positions of the cells whose masks mark something. */
  readonly marked: Set<number>;
  empty: number;
  missing: number;
  readonly unreadable: { readonly name: string; readonly reason: string }[];
}

export interface ExplainedCells {
  readonly cells: ExplainedCell[];
  readonly rows: ScoreRow[];
  readonly failures: { readonly name: string; readonly reason: string }[];
  readonly localisation: LocalisationCollector;
  readonly masks: MaskOutcome;
}

interface PlacedCell {
  readonly cell: SourceCell;
  readonly place: number;
}

/** Scores every cell of the source in its order and writes its files; what cannot be read is among the failures. */
export async function explainCells(request: ExplainCellsRequest): Promise<ExplainedCells> {
  const { model, scoring, source, reportProgress } = request;
  const explained: ExplainedCells = {
    cells: [],
    rows: [],
    failures: [],
    localisation: new LocalisationCollector(),
    masks: { marked: new Set(), empty: 0, missing: 0, unreadable: [] },
  };
  for await (const scored of scoreCells(
    model,
    placedCells(source, () => true),
    scoring,
  )) {
    const { cell } = scored.source;
    if ("score" in scored) await explainOne(request, scored.source, scored.score, explained);
    else {
      explained.rows.push({ columns: cell.columns, score: errorColumns(scored.error) });
      explained.failures.push({ name: cell.file, reason: scored.error.message });
    }
    reportProgress({ stage: "Explaining", done: explained.rows.length, total: source.total });
  }
  return explained;
}

/** Measures where another model's maps point, on the cells at the given places. */
export async function measureModel(
  model: { readonly bytes: Uint8Array },
  places: ReadonlySet<number>,
  masks: MaskFinder,
  { source, scoring, reportProgress }: Pick<ExplainCellsRequest, "source" | "scoring" | "reportProgress">,
): Promise<LocalisationCollector> {
  const localisation = new LocalisationCollector();
  let done = 0;
  for await (const scored of scoreCells(
    model,
    placedCells(source, (place) => places.has(place)),
    scoring,
  )) {
    reportProgress({ stage: "Random weights", done: ++done, total: places.size });
    if (!("score" in scored)) continue;
    const { width, height } = scored.score;
    const found = await masks.find(scored.source.cell, width, height);
    if (found.kind === "marked") localisation.add(scored.source.cell, mapsToShow(scored.score), found.mask);
  }
  return localisation;
}

async function* placedCells(
  source: CellSource,
  isWanted: (place: number) => boolean,
): AsyncGenerator<CellImage<PlacedCell>> {
  let place = 0;
  for await (const cell of source.cells()) {
    if (isWanted(place)) yield { path: cell.path, source: { cell, place } };
    place++;
  }
}

async function explainOne(
  request: ExplainCellsRequest,
  { cell, place }: PlacedCell,
  score: CellScore,
  explained: ExplainedCells,
): Promise<void> {
  const { rule, masks, out, range, embed } = request;
  const columns = scoreColumns(score, rule);
  const mask = masks === null ? null : await markedMask(masks, { cell, place }, score, explained.masks);
  const measured = mask === null ? {} : explained.localisation.add(cell, mapsToShow(score), mask);
  const label = cell.label ?? null;
  const title = `probability ${score.probability.toFixed(3)}  called ${columns.prediction}${label === null ? "" : `  label ${label}`}`;
  const files = await explainCell({ cell, score, place, out, title, range, mask, embed });
  explained.rows.push({
    columns: { ...cell.columns, ...files.columns, ...localisationColumns(measured) },
    score: columns,
  });
  const { width, height } = score;
  const { picture, panel, maps, outline } = files;
  explained.cells.push({
    name: cell.id ?? cell.file,
    probability: score.probability,
    call: columns.prediction,
    calledPositive: columns.prediction === rule.classes[1],
    label,
    callIsWrong: label !== null && rule.classes.includes(label) ? label !== columns.prediction : null,
    ...{ width, height, picture, panel, maps, outline },
  });
}

/** The cell's mask where it marks something; else null, counted by the reason. */
async function markedMask(
  masks: MaskFinder,
  { cell, place }: PlacedCell,
  { width, height }: CellScore,
  outcome: MaskOutcome,
): Promise<InstanceMask | null> {
  const found = await masks.find(cell, width, height);
  switch (found.kind) {
    case "marked":
      outcome.marked.add(place);
      return found.mask;
    case "unreadable":
      outcome.unreadable.push({ name: cell.file, reason: found.reason });
      return null;
    default:
      outcome[found.kind]++;
      return null;
  }
}

function localisationColumns(measured: Readonly<Record<string, Localisation>>): Record<string, string> {
  const entries = Object.entries(measured).flatMap(([layer, { hit, energy, iou }]) => [
    [`${layer}_hit`, String(hit)],
    [`${layer}_energy`, energy.toFixed(6)],
    [`${layer}_iou`, iou.toFixed(6)],
  ]);
  return Object.fromEntries(entries);
}
