import { useQuery } from "@tanstack/react-query";
import type { Comparison } from "../../../../src/server/api/models.ts";
import { comparisonQuery, modelsQuery } from "../../api/queries.ts";
import { ReliabilityChart } from "../../design/charts/reliability-chart.tsx";
import { RocChart } from "../../design/charts/roc-chart.tsx";
import type { Tone } from "../../design/charts/tone.ts";
import { Failed, Waiting } from "../../design/feedback.tsx";
import { countText, decimalText, pValueText } from "../../design/numbers.ts";
import { UseModel } from "./use-model.tsx";

/** Colours of the first and the second model; the second's lines are dashed too. */
const TONES: readonly [Tone, Tone] = ["accent", "third"];

const ROWS = [
  ["auc", "ROC area (AUC)"],
  ["ap", "Average precision"],
  ["f1", "F1"],
  ["sensitivity", "Sensitivity"],
  ["specificity", "Specificity"],
] as const;

/** Two models on the same cells. */
export function ComparisonView({ id }: { id: string }) {
  const comparison = useQuery(comparisonQuery(id));
  if (comparison.isPending) return <Waiting label="Reading the comparison" />;
  if (comparison.isError) return <Failed error={comparison.error} retry={comparison.refetch} />;
  return <Compared comparison={comparison.data} />;
}

function Compared({ comparison }: { comparison: Comparison }) {
  const { cells, positives, models } = comparison;
  const [first, second] = models;
  const inUse = useQuery(modelsQuery).data?.find((model) => model.inUse)?.id;
  return (
    <div className="stack">
      <section className="card stack" aria-labelledby="comparison-title">
        <div className="spread">
          <h2 id="comparison-title">
            {first.name} and {second.name}
          </h2>
          {second.id !== inUse && <UseModel modelId={second.id} name={second.name} />}
        </div>
        <p>{verdictOf(comparison)}</p>
        <MeasureTable models={models} />
        <p className="quiet small">
          On {countText(cells)} cells that neither model learned from, {countText(positives)} of them with micronuclei;
          in brackets 95 % intervals. Calls at each model's own threshold: {pValueText(comparison.callsPValue)}{" "}
          (McNemar).
        </p>
      </section>
      <Curves models={models} />
    </div>
  );
}

function MeasureTable({ models }: Pick<Comparison, "models">) {
  const [first, second] = models;
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Measure</th>
            <th scope="col" className="number">
              {first.name}
            </th>
            <th scope="col" className="number">
              {second.name}
            </th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([measure, name]) => (
            <tr key={measure}>
              <th scope="row">{name}</th>
              {models.map(({ id, evaluation: { [measure]: estimate } }) => (
                <td key={id} className="number">
                  <span className="strong">{decimalText(estimate.value, 3)}</span>{" "}
                  <span className="quiet">
                    ({decimalText(estimate.low, 3)} to {decimalText(estimate.high, 3)})
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Curves({ models }: Pick<Comparison, "models">) {
  return (
    <section className="card chart-columns" aria-label="Curves of both models">
      <div className="stack-tight">
        <h3>ROC curve</h3>
        <RocChart
          series={models.map(({ name, evaluation }, index) => ({
            name,
            tone: TONES[index] ?? "quiet",
            dashed: index === 1,
            points: evaluation.roc,
          }))}
        />
      </div>
      <div className="stack-tight">
        <h3>Reliability</h3>
        <ReliabilityChart
          models={models.map(({ name, evaluation }, index) => ({
            name,
            tone: TONES[index] ?? "quiet",
            dashed: index === 1,
            bins: evaluation.reliability,
          }))}
        />
      </div>
    </section>
  );
}

/** What the difference of the ROC areas says, in a sentence. */
function verdictOf({ aucDifference, aucPValue, models: [first, second] }: Comparison): string {
  const { value, low, high } = aucDifference;
  const numbers = `difference of the ROC areas ${signed(value)} (${signed(low)} to ${signed(high)}), ${pValueText(aucPValue)}, DeLong`;
  if (low > 0) return `${second.name} orders the cells better: ${numbers}.`;
  if (high < 0) return `${first.name} orders the cells better: ${numbers}.`;
  return `The cells do not tell which of the two is better: ${numbers}.`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${decimalText(Math.abs(value), 3)}`;
}
