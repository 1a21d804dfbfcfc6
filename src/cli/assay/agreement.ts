import { parse } from "csv-parse/sync";
import {
  type AgreementTable,
  cohensKappa,
  gwetsAc1,
  type Kappa,
  type KappaWeights,
  mcnemarExact,
  observedAgreement,
  pabak,
} from "../../assay/agreement.ts";
import { type TabulatedReadings, tabulateReadings } from "../../assay/readings.ts";
import { inWords, percentInWords, pValueInWords } from "../../assay/wording.ts";
import { AssayError, describeError } from "../../core/errors.ts";
import { type Console, formatTable } from "../console.ts";
import { missingInput, readText } from "./input.ts";

type AgreementOptions = {
  readonly table?: readonly number[];
  readonly columns?: string;
  readonly weights: KappaWeights;
  readonly level?: number;
};

type AgreementResult = {
  readonly classes: readonly string[];
  readonly table: AgreementTable;
  readonly observedAgreement: number;
  /** Null where both readers used a single class only. */
  readonly kappa: Kappa | null;
  readonly weights: KappaWeights;
  readonly pabak: number;
  readonly ac1: number;
  /** p of McNemar's test; null for more than two classes. */
  readonly mcnemar: number | null;
};

/** `mn assay agreement`. */
export async function runAgreement(
  file: string | undefined,
  options: AgreementOptions,
  console: Console,
): Promise<void> {
  const { classes, table } = await readingsOf(file, options);
  const { level = 0.95, weights } = options;
  const result: AgreementResult = {
    classes,
    table,
    observedAgreement: observedAgreement(table),
    kappa: usesTwoClasses(table) ? cohensKappa(table, { weights, level }) : null,
    weights,
    pabak: pabak(table),
    ac1: gwetsAc1(table),
    mcnemar: table.length === 2 ? mcnemarExact(table) : null,
  };
  console.result(result, inSentences(result, level));
}

async function readingsOf(file: string | undefined, options: AgreementOptions): Promise<TabulatedReadings> {
  if ((file === undefined) === (options.table === undefined))
    throw missingInput("Give either --table with counts, or a CSV table with the calls of both readers.");
  if (file !== undefined) return tabulateReadings(await readPairs(file, options.columns));
  return squareTable(options.table ?? []);
}

function squareTable(counts: readonly number[]): TabulatedReadings {
  const size = Math.sqrt(counts.length);
  if (!Number.isInteger(size))
    throw missingInput(`--table has ${counts.length} counts; a table of k classes has k times k, such as 4 or 9.`);
  const classes = Array.from({ length: size }, (_, index) => `class ${index + 1}`);
  return { classes, table: classes.map((_, row) => counts.slice(row * size, (row + 1) * size)) };
}

async function readPairs(file: string, columns: string | undefined): Promise<[string, string][]> {
  const [headings = [], ...rows] = readRows(await readText(file), file);
  const [first, second, ...more] = columns?.split(",").map((name) => headings.indexOf(name.trim())) ?? [
    headings.length - 2,
    headings.length - 1,
  ];
  if (first === undefined || second === undefined || more.length > 0 || first < 0 || second < 0)
    throw missingInput(`--columns names two columns of ${file}, which has ${headings.join(", ")}.`);
  return rows.map((row) => [row[first] ?? "", row[second] ?? ""]);
}

function readRows(text: string, file: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new AssayError(
      "COUNT_TABLE_UNREADABLE",
      `${file} cannot be read as a table of readings: ${describeError(error)}. Save it as CSV with one heading line.`,
      { cause: error },
    );
  }
}

function usesTwoClasses(table: AgreementTable): boolean {
  const used = table.filter((row, i) => row.some((n) => n > 0) || table.some((other) => (other[i] ?? 0) > 0));
  return used.length >= 2;
}

function inSentences(result: AgreementResult, level: number): string {
  return [
    formatTable([
      ["reader 1 \\ reader 2", ...result.classes],
      ...result.table.map((row, i) => [result.classes[i] ?? "", ...row.map(inWords)]),
    ]),
    `The readers agree on ${percentInWords(result.observedAgreement)} of the cells.`,
    [
      kappaInWords(result, level),
      `  Gwet's AC1     ${rounded(result.ac1)}`,
      `  PABAK          ${rounded(result.pabak)}`,
    ]
      .join("\n")
      .concat("\nKappa sinks where micronuclei are rare, even if the readers agree well; AC1 does not. Report both."),
    ...(result.mcnemar === null ? [] : [mcnemarInWords(result.mcnemar)]),
  ].join("\n\n");
}

function kappaInWords({ kappa, weights }: AgreementResult, level: number): string {
  const name = weights === "plain" ? "Cohen's kappa" : `Kappa, ${weights}`;
  if (kappa === null) return `  ${name.padEnd(15)}undefined, for both readers used a single class`;
  return (
    `  ${name.padEnd(15)}${rounded(kappa.kappa)}, ${percentInWords(level)} interval ` +
    `${rounded(kappa.interval.low)} to ${rounded(kappa.interval.high)} (agreement beyond chance)`
  );
}

function mcnemarInWords(p: number): string {
  return p < 0.05
    ? `One reader calls more often than the other (McNemar, exact p ${pValueInWords(p)}).`
    : `Neither reader calls more often than the other (McNemar, exact p ${pValueInWords(p)}).`;
}

function rounded(value: number): string {
  return value.toFixed(3);
}
