import { Legend } from "./legend.tsx";
import { type Area, type Axis, Plot } from "./plot.tsx";
import type { Tone } from "./tone.ts";

export interface Series {
  name: string;
  tone: Tone;
  dashed?: boolean;
  points: readonly (readonly [number, number])[];
}

interface LineChartProps {
  label: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  height?: number | "square";
  /** A straight line from corner to corner: chance, or perfect calibration. */
  diagonal?: boolean;
}

/** One or more lines over common axes, told apart by colour and dashes. */
export function LineChart({ label, x, y, series, height = 220, diagonal = false }: LineChartProps) {
  return (
    <figure className={height === "square" ? "chart-figure chart-square" : "chart-figure"}>
      <Plot label={label} x={x} y={y} height={height}>
        {(area) => (
          <>
            {diagonal && <line className="reference" x1={area.left} y1={area.bottom} x2={area.right} y2={area.top} />}
            {series.map((one) => (
              <SeriesLine key={one.name} series={one} area={area} />
            ))}
          </>
        )}
      </Plot>
      {series.length > 1 && <Legend entries={series} />}
    </figure>
  );
}

/** A line; a single point, which has no line, is a dot. */
function SeriesLine({ series, area }: { series: Series; area: Area }) {
  const { points, tone, dashed = false } = series;
  const only = points.length === 1 ? points[0] : undefined;
  if (only !== undefined) return <circle className={`fill-${tone}`} cx={area.x(only[0])} cy={area.y(only[1])} r="3" />;
  return (
    <polyline
      className={`line tone-${tone}${dashed ? " dashed" : ""}`}
      points={points.map(([px, py]) => `${round(area.x(px))},${round(area.y(py))}`).join(" ")}
    />
  );
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}
