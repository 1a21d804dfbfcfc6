import type { Model } from "../../../../src/server/api/models.ts";
import { LineChart, type Series } from "../../design/charts/line-chart.tsx";
import { roundDomain } from "../../design/charts/scale.ts";

type Epochs = Model["epochs"];

interface TrainingCurvesProps {
  epochs: Epochs;
  /** Epochs of the whole training, so that the curves of a running one grow into their place. */
  planned?: number;
}

/** Loss and validation AUC by epoch. */
export function TrainingCurves({ epochs, planned = 0 }: TrainingCurvesProps) {
  const last = Math.max(2, planned, ...epochs.map(({ epoch }) => epoch));
  const x = { name: "Epoch", domain: [1, last] as const, ticks: Math.min(8, last - 1) };
  const losses: Series[] = [
    { name: "training", tone: "accent", points: curve(epochs, ({ trainingLoss }) => trainingLoss) },
    { name: "validation", tone: "third", dashed: true, points: curve(epochs, ({ validationLoss }) => validationLoss) },
  ];
  const auc: Series = {
    name: "validation",
    tone: "third",
    points: curve(epochs, ({ validationAuc }) => validationAuc),
  };
  const lossValues = losses.flatMap(({ points }) => points.map(([, loss]) => loss));
  const lowestAuc = Math.min(1, ...auc.points.map(([, value]) => value));
  return (
    <div className="chart-columns">
      <div className="stack-tight">
        <h3>Loss</h3>
        <LineChart
          label="Training and validation loss by epoch"
          x={x}
          y={{ name: "Loss", domain: roundDomain([0, ...lossValues], 4, 0.01), ticks: 4 }}
          series={losses}
        />
      </div>
      <div className="stack-tight">
        <h3>ROC area on the validation cells</h3>
        <LineChart
          label="Validation AUC by epoch"
          x={x}
          y={{ name: "AUC", domain: [lowestAuc >= 0.5 ? 0.5 : 0, 1] }}
          series={[auc]}
        />
      </div>
    </div>
  );
}

function curve(epochs: Epochs, value: (epoch: Epochs[number]) => number | null): [number, number][] {
  return epochs.flatMap((epoch) => {
    const found = value(epoch);
    return found === null ? [] : [[epoch.epoch, found]];
  });
}
