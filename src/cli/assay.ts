import { type Command, Option } from "commander";
import { fraction, numberList, wholeNumberList } from "./assay/arguments.ts";
import { consoleOf } from "./console.ts";
import { numberBetween, wholeNumber } from "./options.ts";

/** `mn assay ...`: the statistics of the assay for counts from anywhere, also from counting by eye. */
export function registerAssay(program: Command): void {
  const assay = program
    .command("assay")
    .description("statistics of micronucleus counts: frequency, comparison, trend, dose, agreement, planning")
    .addHelpText("after", OVERVIEW);
  registerFrequency(assay);
  registerCompare(assay);
  registerTrend(assay);
  registerCalibrate(assay);
  registerDose(assay);
  registerAgreement(assay);
  registerPlan(assay);
}

const OVERVIEW = `
Two different things are counted, and never mixed:
  --mnbn  binucleated cells with at least one micronucleus; their share is the MNBN frequency
  --mn    all micronuclei, of which one cell may hold several; their number per cell is the yield

Tables (CSV) have a heading line with C0, C1, ... (cells with 0, 1, ... micronuclei) or N (cells) with X (micronuclei)
or MNBN, and D (dose) or ID where they matter: the columns of Biodose Tools.`;

function levelOption(): Option {
  return new Option("--level <share>", "confidence level (default: 0.95)").argParser(numberBetween(0, 1));
}

function alphaOption(): Option {
  return new Option("--alpha <share>", "significance level").argParser(numberBetween(0, 1)).default(0.05);
}

function registerFrequency(assay: Command): void {
  assay
    .command("frequency")
    .description("frequency and yield of one sample, or of each sample of a table, with intervals")
    .argument("[table]", "CSV table, one row a sample")
    .option("--cells <number>", "binucleated cells scored", wholeNumber(0))
    .option("--mnbn <number>", "cells with at least one micronucleus", wholeNumber(0))
    .option("--mn <number>", "micronuclei in all cells", wholeNumber(0))
    .option("--distribution <c0,c1,...>", "cells with 0, 1, ... micronuclei, in place of the three", wholeNumberList)
    .option("--nuclei <m1,m2,m3,m4>", "cells with 1, 2, 3, and 4 or more nuclei: CBPI and NDI", wholeNumberList)
    .option("--control-nuclei <m1,m2,m3,m4>", "the same of the control: cytostasis", wholeNumberList)
    .option("--sensitivity <k/n>", "of n cells with micronuclei a classifier called k: correct the frequency", fraction)
    .option("--specificity <k/n>", "of n cells without micronuclei it called k right", fraction)
    .addOption(levelOption())
    .addHelpText("after", FREQUENCY_EXAMPLES)
    .action(async (table: string | undefined, options: object, command: Command) => {
      const { runFrequency } = await import("./assay/frequency.ts");
      await runFrequency(table, options, consoleOf(command));
    });
}

const FREQUENCY_EXAMPLES = `
Examples:
  $ mn assay frequency --mn 14 --cells 1000
  $ mn assay frequency --mnbn 14 --mn 17 --cells 1000
  $ mn assay frequency --distribution 895,92,11,2
  $ mn assay frequency --mnbn 75 --cells 2000 --sensitivity 124/145 --specificity 2063/2084
  $ mn assay frequency --mnbn 14 --cells 1000 --nuclei 200,280,15,5 --control-nuclei 120,350,20,10
  $ mn assay frequency samples.csv --json`;

function registerCompare(assay: Command): void {
  assay
    .command("compare")
    .description("a treated sample against a control, or every row of a table against the first")
    .argument("[table]", "CSV table; the first row is the control")
    .option("--treated <mnbn/cells>", "cells with micronuclei among the treated cells", fraction)
    .option("--control <mnbn/cells>", "the same of the control", fraction)
    .option("--treated-mn <mn/cells>", "micronuclei in the treated cells", fraction)
    .option("--control-mn <mn/cells>", "the same of the control", fraction)
    .addOption(levelOption())
    .addHelpText("after", COMPARE_EXAMPLES)
    .action(async (table: string | undefined, options: object, command: Command) => {
      const { runCompare } = await import("./assay/compare.ts");
      await runCompare(table, options, consoleOf(command));
    });
}

const COMPARE_EXAMPLES = `
Examples:
  $ mn assay compare --treated 31/2000 --control 12/2000
  $ mn assay compare --treated-mn 34/2000 --control-mn 13/2000
  $ mn assay compare cultures.csv`;

function registerTrend(assay: Command): void {
  assay
    .command("trend")
    .description("trend over doses, each dose against the control, and a verdict with its reasons")
    .argument("[table]", "CSV table with D, and MNBN with N or C0, C1, ...; dose 0 is the control")
    .option("--doses <d0,d1,...>", "doses or concentrations; 0 is the control", numberList)
    .option("--positives <x0,x1,...>", "cells with micronuclei at each dose", wholeNumberList)
    .option("--cells <n0,n1,...>", "binucleated cells at each dose, or one number for all", wholeNumberList)
    .option("--cytostasis <percent,...>", "loss of proliferation at each dose", numberList)
    .option("--historical <x1,x2,...>", "cells with micronuclei in earlier negative controls", wholeNumberList)
    .option("--historical-cells <n1,n2,...>", "their binucleated cells, or one number for all", wholeNumberList)
    .addOption(new Option("--scores <kind>", "what the trend runs over").choices(["dose", "rank"]).default("dose"))
    .addOption(alphaOption())
    .addHelpText("after", TREND_EXAMPLES)
    .action(async (table: string | undefined, options: TrendOptions, command: Command) => {
      const { runTrend } = await import("./assay/trend.ts");
      await runTrend(table, options, consoleOf(command));
    });
}

type TrendOptions = { readonly scores: "dose" | "rank"; readonly alpha: number };

const TREND_EXAMPLES = `
Examples:
  $ mn assay trend --doses 0,1.25,2.5,5 --positives 12,15,24,39 --cells 2000
  $ mn assay trend --doses 0,1.25,2.5,5 --positives 12,15,24,39 --cells 2000 \\
      --historical 8,14,11,9,13,12,10,15 --historical-cells 2000
  $ mn assay trend study.csv --scores rank`;

function registerCalibrate(assay: Command): void {
  assay
    .command("calibrate")
    .description("fit a dose-response curve to a table of counts")
    .argument("<table>", "CSV table with D, and N with X or C0, C1, ...")
    .option("--out <file>", "write the curve as JSON, for mn assay dose")
    .option("--export-counts <file>", "write the totals D, N, X as a table for Biodose Tools")
    .addOption(
      new Option("--model <name>", "shape of the curve")
        .choices(["linear-quadratic", "linear"])
        .default("linear-quadratic"),
    )
    .addOption(
      new Option("--scaling <kind>", "when the dispersion widens the errors")
        .choices(["overdispersed", "never", "always"])
        .default("overdispersed"),
    )
    .addHelpText("after", CALIBRATE_EXAMPLES)
    .action(async (table: string, options: CalibrateOptions, command: Command) => {
      const { runCalibrate } = await import("./assay/calibrate.ts");
      await runCalibrate(table, options, consoleOf(command));
    });
}

type CalibrateOptions = {
  readonly model: "linear-quadratic" | "linear";
  readonly scaling: "overdispersed" | "never" | "always";
};

const CALIBRATE_EXAMPLES = `
Examples:
  $ mn assay calibrate counts.csv --out curve.json
  $ mn assay calibrate counts.csv --model linear
  $ mn assay calibrate counts.csv --scaling always      as Biodose Tools does for micronuclei`;

function registerDose(assay: Command): void {
  assay
    .command("dose")
    .description("dose of a case, or of each case of a table, from a calibration curve")
    .argument("[table]", "CSV table, one row a case")
    .requiredOption("--curve <file>", "curve of mn assay calibrate")
    .option("--mn <number>", "micronuclei in all cells", wholeNumber(0))
    .option("--cells <number>", "binucleated cells scored", wholeNumber(0))
    .option("--distribution <c0,c1,...>", "cells with 0, 1, ... micronuclei, in place of the two", wholeNumberList)
    .addOption(new Option("--method <name>", "how to get the interval").choices(["delta", "merkle"]).default("delta"))
    .option("--no-widening", "Merkle without Biodose Tools' widening for overdispersion")
    .option("--hours <number>", "duration of a protracted exposure", numberBetween(0, Number.POSITIVE_INFINITY))
    .option("--repair-hours <number>", "mean lifetime of the breaks", numberBetween(0, Number.POSITIVE_INFINITY), 2)
    .option(
      "--partial-body",
      "also Dolphin's partial-body estimate (experimental; needs --distribution or C0, C1, ...)",
    )
    .option("--survival-dose <gray>", "dose that leaves 37 % of the cells alive", numberBetween(0, 1000), 2.7)
    .addOption(
      new Option("--level <share>", "confidence level (default: 0.95, Merkle 0.83)").argParser(numberBetween(0, 1)),
    )
    .addHelpText("after", DOSE_EXAMPLES)
    .action(async (table: string | undefined, options: DoseOptions, command: Command) => {
      const { runDose } = await import("./assay/dose.ts");
      await runDose(table, options, consoleOf(command));
    });
}

type DoseOptions = {
  readonly curve: string;
  readonly method: "delta" | "merkle";
  readonly widening: boolean;
  readonly repairHours: number;
  readonly survivalDose: number;
};

const DOSE_EXAMPLES = `
Examples:
  $ mn assay dose --curve curve.json --mn 115 --cells 1000
  $ mn assay dose --curve curve.json --distribution 895,92,11,2 --method merkle
  $ mn assay dose --curve curve.json --mn 115 --cells 1000 --hours 12
  $ mn assay dose cases.csv --curve curve.json --json`;

function registerAgreement(assay: Command): void {
  assay
    .command("agreement")
    .description("how well two readers agree on the same cells")
    .argument("[table]", "CSV table, one row a cell, with the calls of both readers")
    .option("--table <n11,n12,...>", "counts row by row: first reader's classes down, second's across", wholeNumberList)
    .option("--columns <first,second>", "columns of the two readers (default: the last two)")
    .addOption(
      new Option("--weights <kind>", "how near misses between ordered classes count")
        .choices(["plain", "linear", "quadratic"])
        .default("plain"),
    )
    .addOption(levelOption())
    .addHelpText("after", AGREEMENT_EXAMPLES)
    .action(async (file: string | undefined, options: AgreementOptions, command: Command) => {
      const { runAgreement } = await import("./assay/agreement.ts");
      await runAgreement(file, options, consoleOf(command));
    });
}

type AgreementOptions = { readonly weights: "plain" | "linear" | "quadratic" };

const AGREEMENT_EXAMPLES = `
Examples:
  $ mn assay agreement --table 40,10,5,145
  $ mn assay agreement --table 80,6,1,5,20,4,0,3,11 --weights quadratic
  $ mn assay agreement readings.csv --columns ada,grace`;

function registerPlan(assay: Command): void {
  const plan = assay.command("plan").description("how many cells are needed, and what can be detected");
  const perThousand = numberBetween(0, 1000);
  plan
    .command("power")
    .description("cells in each group for a wanted chance to find a difference")
    .requiredOption("--control <rate>", "expected control, cells with micronuclei per 1000", perThousand)
    .requiredOption("--treated <rate>", "smallest treated rate worth finding, per 1000", perThousand)
    .option("--power <share>", "wanted chance to find it", numberBetween(0, 1), 0.8)
    .addOption(alphaOption())
    .option("--two-sided", "test for an increase or a decrease", false)
    .addHelpText("after", "\nExamples:\n  $ mn assay plan power --control 10 --treated 20")
    .action(async (options: PowerOptions, command: Command) => {
      const { runPower } = await import("./assay/plan.ts");
      runPower(options, consoleOf(command));
    });
  plan
    .command("detection")
    .description("decision threshold and detection limit over a background")
    .requiredOption("--cells <number>", "binucleated cells to be scored", wholeNumber(0))
    .option("--background <rate>", "background known from much experience, micronuclei per 1000", perThousand)
    .option("--control <mn/cells>", "background estimated from control cells", fraction)
    .addOption(alphaOption())
    .option("--beta <share>", "chance to miss a signal at the detection limit", numberBetween(0, 1), 0.1)
    .addHelpText("after", DETECTION_EXAMPLES)
    .action(async (options: DetectionOptions, command: Command) => {
      const { runDetection } = await import("./assay/plan.ts");
      runDetection(options, consoleOf(command));
    });
  plan
    .command("audit")
    .description("cells called negative that a person should review at random")
    .requiredOption("--precision <rate>", "wanted reach of the interval above the missed rate, per 1000", perThousand)
    .option("--missed <rate>", "expected cells with micronuclei per 1000 cells called negative", perThousand, 0)
    .addOption(levelOption())
    .addHelpText("after", "\nExamples:\n  $ mn assay plan audit --missed 5 --precision 5")
    .action(async (options: AuditOptions, command: Command) => {
      const { runAudit } = await import("./assay/plan.ts");
      runAudit(options, consoleOf(command));
    });
}

type PowerOptions = {
  readonly control: number;
  readonly treated: number;
  readonly power: number;
  readonly alpha: number;
  readonly twoSided: boolean;
};
type DetectionOptions = { readonly cells: number; readonly alpha: number; readonly beta: number };
type AuditOptions = { readonly precision: number; readonly missed: number };

const DETECTION_EXAMPLES = `
Examples:
  $ mn assay plan detection --background 12 --cells 1000
  $ mn assay plan detection --control 4/1000 --cells 500`;
