import { colourOf } from "../explanation/attention-image.ts";
import { explanationPage, type LocalisationRow } from "../report/explanation-page.ts";
import type { ModelFile } from "../scoring/model.ts";
import { captionOf } from "./explain-cell.ts";
import type { ExplainCellsRequest, ExplainedCells } from "./explain-cells.ts";
import type { LayerLocalisation, LocalisationResult } from "./explain-localisation.ts";
import { versionOfPackage } from "./version.ts";

/** Colours of the scale as the page draws it; between them the browser interpolates as we do. */
const SCALE_STEPS = 8;

/** The gallery's HTML. */
export function explanationDocument(
  request: ExplainCellsRequest & { readonly model: ModelFile; readonly sources: readonly string[] },
  { cells, failures, masks }: ExplainedCells,
  localisation: LocalisationResult | null,
): string {
  const { model, rule, range, sources } = request;
  const [negative, positive] = rule.classes;
  const { network, operating_point: chosen } = model.metadata;
  return explanationPage({
    title: "Where the model looked",
    cells,
    classNames: { positive, negative },
    threshold: rule.threshold,
    scaleColours: Array.from({ length: SCALE_STEPS + 1 }, (_, step) => `rgb(${colourOf(step / SCALE_STEPS).join()})`),
    ownRanges: range === null,
    localisation: localisation && {
      rows: localisationRows(localisation),
      basis: basisOf(localisation),
      remarks: remarksOf(localisation, masks.unreadable),
    },
    failures,
    facts: [
      ["Cells", sources.join(", ")],
      ["Model", model.path],
      ["Model SHA-256", model.sha256],
      ["Network", network.name],
      [
        "Threshold",
        rule.threshold === chosen.threshold
          ? `the model's own (${chosen.rule}, chosen on ${chosen.chosen_on})`
          : "given",
      ],
      ...(localisation === null ? [] : [["Masks", localisation.masks] as const]),
    ],
    footer: `micronuclei ${versionOfPackage()}. Predictions of a model, not a person's calls.`,
  });
}

function localisationRows({ layers, randomised }: LocalisationResult): LocalisationRow[] {
  const rows = (of: Readonly<Record<string, LayerLocalisation>>, remark: string) =>
    Object.entries(of).map(([output, summary]) => ({ map: `${captionOf(output)}${remark}`, ...summary }));
  return [...rows(layers, ""), ...rows(randomised?.layers ?? {}, ", random weights")];
}

function basisOf({ cells, emptyMasks, layers }: LocalisationResult): string {
  const [first] = Object.values(layers);
  const measured = `${cells} cells whose masks mark something${emptyMasks === 0 ? "" : `; ${emptyMasks} masks mark nothing`}.`;
  return first === undefined ? measured : `${measured} 95 % intervals by bootstrap over ${first.units} ${first.unit}s.`;
}

/** What a reader must know before relying on the table. */
function remarksOf(
  { missingMasks, unreadableMasks, layers }: LocalisationResult,
  unreadable: readonly { readonly name: string; readonly reason: string }[],
): string[] {
  const [first] = unreadable;
  const avoiding = Object.entries(layers).filter(([, { energy_ci95, chance }]) => (energy_ci95?.[1] ?? 1) < chance);
  return [
    ...(avoiding.length > 0 ? [avoidanceRemark(avoiding.map(([output]) => captionOf(output)))] : []),
    ...(missingMasks > 0 ? [`${missingMasks} cells have no mask.`] : []),
    ...(first === undefined
      ? []
      : [`${unreadableMasks} masks cannot be used; the first, of ${first.name}: ${first.reason}`]),
  ];
}

function avoidanceRemark(captions: readonly string[]): string {
  return (
    `The attention of ${captions.join(" and ")} avoids what was marked: its energy there is below chance. Light places of ` +
    "these maps are not where a person saw something."
  );
}
