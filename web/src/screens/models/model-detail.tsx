import type { Model, ModelEvaluation } from "../../../../src/server/api/models.ts";
import { Badge } from "../../design/badge.tsx";
import { ReliabilityChart } from "../../design/charts/reliability-chart.tsx";
import { RocChart } from "../../design/charts/roc-chart.tsx";
import { Note } from "../../design/feedback.tsx";
import { countText, dayText, decimalText } from "../../design/numbers.ts";
import { Stat } from "../../design/stat.tsx";
import { Markdown } from "../../markdown/markdown.tsx";
import { TrainingCurves } from "./training-curves.tsx";
import { UseModel } from "./use-model.tsx";

/** Everything that is known of one model. */
export function ModelDetail({ model }: { model: Model }) {
  return (
    <div className="stack">
      <section className="card stack" aria-labelledby="model-name">
        <div className="spread">
          <div className="row">
            <h2 id="model-name">{model.name}</h2>
            {model.inUse && <Badge tone="good">in use</Badge>}
          </div>
          {!model.inUse && <UseModel modelId={model.id} name={model.name} />}
        </div>
        <ModelFacts model={model} />
      </section>
      {model.evaluation !== null && <Measured evaluation={model.evaluation} notes={model.evaluationNotes} />}
      {model.epochs.length > 0 && (
        <section className="card stack" aria-labelledby="training-title">
          <h2 id="training-title">Training</h2>
          <TrainingCurves epochs={model.epochs} />
        </section>
      )}
      {model.card !== null && (
        <section className="card stack" aria-label="Model card">
          <Markdown text={model.card} />
        </section>
      )}
    </div>
  );
}

function ModelFacts({ model }: { model: Model }) {
  const facts: [string, string][] = [
    ["Network", model.network],
    ["Trained on", model.trainedOn],
    ["Made", model.createdAt === null ? "" : dayText(model.createdAt)],
    ["Calls positive from", decimalText(model.threshold, 3)],
    ["Probabilities", model.calibrated ? "calibrated" : "not calibrated: read them as an order"],
    ["Licences", model.licences.join("; ")],
    ["Fingerprint", model.id.slice(0, 16)],
  ];
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const MEASURES = [
  ["auc", "ROC area (AUC)"],
  ["ap", "Average precision"],
  ["f1", "F1"],
  ["sensitivity", "Sensitivity"],
  ["specificity", "Specificity"],
] as const;

interface MeasuredProps {
  evaluation: ModelEvaluation;
  notes: readonly string[];
}

function Measured({ evaluation, notes }: MeasuredProps) {
  return (
    <section className="card stack" aria-labelledby="measured-title">
      <div className="stack-tight">
        <h2 id="measured-title">
          {notes.length === 0 ? "Measured on cells that the training never saw" : "What was measured"}
        </h2>
        <p className="quiet small">
          {countText(evaluation.cells)} cells, {countText(evaluation.positives)} with micronuclei. Below the numbers
          their 95 % intervals. Sensitivity and specificity at {decimalText(evaluation.threshold, 3)}.
        </p>
        {notes.map((note) => (
          <Note key={note} tone="warning">
            {note}
          </Note>
        ))}
      </div>
      <div className="stats">
        {MEASURES.map(([measure, name]) => (
          <Stat
            key={measure}
            name={name}
            value={decimalText(evaluation[measure].value, 3)}
            interval={`${decimalText(evaluation[measure].low, 3)} to ${decimalText(evaluation[measure].high, 3)}`}
          />
        ))}
        <Stat name="Brier score" value={decimalText(evaluation.brier, 3)} interval="0 is best" />
      </div>
      <div className="chart-columns">
        <div className="stack-tight">
          <h3>ROC curve</h3>
          <RocChart series={[{ name: "this model", tone: "accent", points: evaluation.roc }]} />
        </div>
        <div className="stack-tight">
          <h3>Reliability</h3>
          <ReliabilityChart models={[{ name: "this model", tone: "accent", bins: evaluation.reliability }]} />
        </div>
      </div>
    </section>
  );
}
