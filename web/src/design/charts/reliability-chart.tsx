import { decimalText } from "../numbers.ts";
import { Legend } from "./legend.tsx";
import { Plot } from "./plot.tsx";
import type { Tone } from "./tone.ts";

interface Bin {
  /** Mean predicted probability. */
  predicted: number;
  /** Share that is positive. */
  observed: number;
  cells: number;
}

interface ReliabilityChartProps {
  models: readonly { name: string; tone: Tone; dashed?: boolean; bins: readonly Bin[] }[];
}

/** Observed over predicted probability; a dot's area says how many cells it stands for. On the diagonal a model keeps its word. */
export function ReliabilityChart({ models }: ReliabilityChartProps) {
  const most = Math.max(1, ...models.flatMap(({ bins }) => bins.map(({ cells }) => cells)));
  const axis = { domain: [0, 1] as const, text: (value: number) => decimalText(value, 1) };
  return (
    <figure className="chart-figure chart-square">
      <Plot
        label={`Reliability of ${models.map(({ name }) => name).join(" and ")}`}
        x={{ ...axis, name: "Predicted probability" }}
        y={{ ...axis, name: "Observed share" }}
        height="square"
      >
        {(area) => (
          <>
            <line className="reference" x1={area.left} y1={area.bottom} x2={area.right} y2={area.top} />
            {models.map(({ name, tone, dashed = false, bins }) => (
              <g key={name}>
                <polyline
                  className={`line tone-${tone}${dashed ? " dashed" : ""}`}
                  points={filled(bins)
                    .map((bin) => `${area.x(bin.predicted)},${area.y(bin.observed)}`)
                    .join(" ")}
                />
                {filled(bins).map((bin) => (
                  <circle
                    key={bin.predicted}
                    className={`fill-${tone}`}
                    cx={area.x(bin.predicted)}
                    cy={area.y(bin.observed)}
                    r={2.5 + 5 * Math.sqrt(bin.cells / most)}
                  >
                    <title>{`${bin.cells} cells: predicted ${decimalText(bin.predicted, 2)}, observed ${decimalText(bin.observed, 2)}`}</title>
                  </circle>
                ))}
              </g>
            ))}
          </>
        )}
      </Plot>
      {models.length > 1 && <Legend entries={models} />}
    </figure>
  );
}

function filled(bins: readonly Bin[]): Bin[] {
  return bins.filter(({ cells }) => cells > 0);
}
