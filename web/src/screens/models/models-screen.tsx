import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { Model } from "../../../../src/server/api/models.ts";
import { jobsQuery, modelsQuery } from "../../api/queries.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { EmptyState, Failed, Waiting } from "../../design/feedback.tsx";
import { decimalText } from "../../design/numbers.ts";
import { CompareDialog } from "./compare-dialog.tsx";
import { ComparisonView } from "./comparison-view.tsx";
import { ModelDetail } from "./model-detail.tsx";
import "./models.css";
import { TrainDialog } from "./train-dialog.tsx";
import { WorkOnModels } from "./work-on-models.tsx";

/** The models of the workspace; `?model=` names the one that is shown, `?comparison=` a comparison instead. */
export function ModelsScreen() {
  const models = useQuery(modelsQuery);
  const [open, setOpen] = useState<"train" | "compare" | null>(null);
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>Models</h1>
        <div className="row">
          <Button onClick={() => setOpen("compare")} disabled={(models.data?.length ?? 0) < 2}>
            Compare two
          </Button>
          <Button look="primary" onClick={() => setOpen("train")} disabled={models.data === undefined}>
            Train a new one
          </Button>
        </div>
      </div>
      <WorkOnModels />
      {models.isPending && <Waiting label="Reading the models" />}
      {models.isError && models.data === undefined && <Failed error={models.error} retry={models.refetch} />}
      {models.data !== undefined && <Models models={models.data} />}
      {open === "train" && models.data !== undefined && (
        <TrainDialog models={models.data} onClose={() => setOpen(null)} />
      )}
      {open === "compare" && models.data !== undefined && (
        <CompareDialog models={models.data} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

function Models({ models }: { models: readonly Model[] }) {
  const [search, setSearch] = useSearchParams();
  const comparisonId = search.get("comparison");
  const shown = models.find(({ id }) => id === search.get("model")) ?? models.find(({ inUse }) => inUse) ?? models[0];
  if (shown === undefined)
    return <EmptyState title="There is no model">The one in the box could not be found.</EmptyState>;
  return (
    <div className="model-columns">
      <nav aria-label="Models" className="stack">
        <ul className="model-list">
          {models.map((model) => (
            <li key={model.id}>
              <ModelChoice
                model={model}
                chosen={comparisonId === null && model === shown}
                choose={() => setSearch({ model: model.id })}
              />
            </li>
          ))}
        </ul>
        <Comparisons chosen={comparisonId} choose={(comparison) => setSearch({ comparison })} />
      </nav>
      {comparisonId === null ? <ModelDetail key={shown.id} model={shown} /> : <ComparisonView id={comparisonId} />}
    </div>
  );
}

function ModelChoice({ model, chosen, choose }: { model: Model; chosen: boolean; choose: () => void }) {
  return (
    <button type="button" className="model-choice" aria-current={chosen ? "true" : undefined} onClick={choose}>
      <span className="model-choice-name">{model.name}</span>
      <span className="row">
        {model.inUse && <Badge tone="good">in use</Badge>}
        {model.inBox && <Badge>came with the program</Badge>}
        {model.evaluation !== null && (
          <span className="quiet small">AUC {decimalText(model.evaluation.auc.value, 3)}</span>
        )}
      </span>
    </button>
  );
}

/** Comparisons that were made since the server was started. */
function Comparisons({ chosen, choose }: { chosen: string | null; choose: (id: string) => void }) {
  const jobs = useQuery(jobsQuery).data ?? [];
  const done = jobs.flatMap(({ title, comparisonId }) => (comparisonId === null ? [] : [{ title, comparisonId }]));
  if (done.length === 0) return null;
  return (
    <div className="stack-tight">
      <h2 className="model-list-title">Comparisons</h2>
      <ul className="model-list">
        {done.map(({ title, comparisonId }) => (
          <li key={comparisonId}>
            <button
              type="button"
              className="model-choice"
              aria-current={comparisonId === chosen ? "true" : undefined}
              onClick={() => choose(comparisonId)}
            >
              {title}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
