import type { ReactNode } from "react";
import { decimalText } from "../numbers.ts";
import { linearScale, roundTicks, type Scale, tickDecimals } from "./scale.ts";
import { chartLength, useWidth } from "./use-width.ts";

export interface Axis {
  name: string;
  domain: readonly [number, number];
  /** About how many ticks. */
  ticks?: number;
  /** How a tick is written, where not as a plain number. */
  text?: (value: number) => string;
}

export interface Area {
  x: Scale;
  y: Scale;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface PlotProps {
  /** What a screen reader says in place of the drawing. */
  label: string;
  x: Axis;
  y: Axis;
  /** Height in chart units, or "square". */
  height: number | "square";
  children: (area: Area) => ReactNode;
}

const MARGIN = { left: 50, top: 10, right: 14, bottom: 40 };

/** Two axes with a grid, as wide as its place; what it shows is drawn by `children` with the scales. */
export function Plot({ label, x, y, height, children }: PlotProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const tall = height === "square" ? width - MARGIN.left - MARGIN.right + MARGIN.top + MARGIN.bottom : height;
  const area = {
    left: MARGIN.left,
    top: MARGIN.top,
    right: width - MARGIN.right,
    bottom: tall - MARGIN.bottom,
  };
  const scales = {
    x: linearScale(x.domain, [area.left, area.right]),
    y: linearScale(y.domain, [area.bottom, area.top]),
  };
  return (
    <div ref={place} style={height === "square" ? { aspectRatio: "1" } : { height: chartLength(height) }}>
      {width > 0 && (
        <svg className="chart" viewBox={`0 0 ${width} ${tall}`} role="img" aria-label={label}>
          <YAxis axis={y} area={{ ...area, ...scales }} />
          <XAxis axis={x} area={{ ...area, ...scales }} />
          {children({ ...area, ...scales })}
        </svg>
      )}
    </div>
  );
}

/** Ticks along the bottom with lines upwards, and the axis's name below them. */
export function XAxis({ axis, area }: { axis: Axis; area: Area }) {
  const { values, text } = ticksOf(axis);
  return (
    <g>
      {values.map((value) => (
        <g key={value} transform={`translate(${area.x(value)} 0)`}>
          <line className="grid" y1={area.top} y2={area.bottom} />
          <text className="tick" y={area.bottom + 16} textAnchor="middle">
            {text(value)}
          </text>
        </g>
      ))}
      <text className="axis-name" x={(area.left + area.right) / 2} y={area.bottom + 34} textAnchor="middle">
        {axis.name}
      </text>
    </g>
  );
}

function YAxis({ axis, area }: { axis: Axis; area: Area }) {
  const { values, text } = ticksOf(axis);
  return (
    <g>
      {values.map((value) => (
        <g key={value} transform={`translate(0 ${area.y(value)})`}>
          <line className="grid" x1={area.left} x2={area.right} />
          <text className="tick" x={area.left - 8} y="4" textAnchor="end">
            {text(value)}
          </text>
        </g>
      ))}
      <text
        className="axis-name"
        transform={`translate(11 ${(area.top + area.bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {axis.name}
      </text>
    </g>
  );
}

function ticksOf(axis: Axis): { values: number[]; text: (value: number) => string } {
  const values = roundTicks(axis.domain[0], axis.domain[1], axis.ticks ?? 5);
  const decimals = tickDecimals(values);
  return { values, text: axis.text ?? ((value) => decimalText(value, decimals)) };
}
