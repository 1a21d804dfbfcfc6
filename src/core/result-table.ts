/** A value with its 95 % interval, where it has one. */
export interface IntervalValue {
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
}

export type TableValue = string | number | null | IntervalValue;

export interface TableColumn {
  readonly heading: string;
  /** `metric`: a share or area, three decimals; `count`: whole numbers; `number`: three significant digits. */
  readonly kind: "text" | "count" | "metric" | "number";
}

/** A table of results as data: pages, Markdown and CSV are made of it, each rounding as it needs. */
export interface ResultTable {
  /** Its file name without extension. */
  readonly id: string;
  readonly title: string;
  /** Where the numbers come from and what they mean. */
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableValue[])[];
}
