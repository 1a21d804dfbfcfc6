import { decimalText } from "../numbers.ts";
import { LineChart, type Series } from "./line-chart.tsx";

/** Sensitivity over the share of false positives, one line a model; the dashed diagonal is chance. */
export function RocChart({ series }: { series: readonly Series[] }) {
  return (
    <LineChart
      label={`ROC curve of ${series.map(({ name }) => name).join(" and ")}`}
      x={{ name: "False positive share", domain: [0, 1], text: shareText }}
      y={{ name: "Sensitivity", domain: [0, 1], text: shareText }}
      series={series}
      height="square"
      diagonal
    />
  );
}

function shareText(value: number): string {
  return decimalText(value, 1);
}
