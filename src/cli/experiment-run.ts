import { join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";
import { readSettingsFile } from "../core/settings-file.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { selectDevice } from "../engine/devices.ts";
import { ablationExperiment } from "../experiments/ablation.ts";
import { chosenRuns, type Experiment, parseExperiment, plannedRuns } from "../experiments/experiment.ts";
import type { ExperimentResult } from "../experiments/experiment-result.ts";
import type { ExplainedExample } from "../experiments/explain-runs.ts";
import { paperExperiment } from "../experiments/paper-experiment.ts";
import { paperTables } from "../experiments/paper-tables.ts";
import { runExperiment } from "../experiments/run-experiment.ts";
import { standaloneSvg } from "../report/charts/axes.ts";
import { costsChart } from "../report/charts/costs-chart.ts";
import { valuesWithIntervals } from "../report/charts/values-with-intervals.ts";
import { type ExampleCell, experimentMarkdown, experimentPage } from "../report/experiment-page.ts";
import { tableAsCsv } from "../report/result-tables.ts";
import type { Console } from "./console.ts";
import type { ExperimentOptions } from "./experiment.ts";
import { randomisedModel } from "./explain-randomise.ts";
import { sayWhatIsLeft } from "./trainings-left.ts";
import { versionOfPackage } from "./version.ts";
import { imageNetWeights } from "./weights-imagenet.ts";

/** Trains, compares and writes the report; what was left over makes the command fail, with everything else reported. */
export async function runExperimentCommand(data: string, options: ExperimentOptions, console: Console): Promise<void> {
  const { out, device, threads, resamples, where, positive, negative } = options;
  const experiment = withWeights(await experimentOf(options), options.weights);
  const isChosen = chosenRuns(plannedRuns(experiment), options.only);
  const classes = { ...(positive === undefined ? {} : { positive }), ...(negative === undefined ? {} : { negative }) };
  const dataset = await loadDataset(data, { ...classes, where });
  const candidate = await selectDevice(device, console.message);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  const { result, examples } = await runExperiment({
    experiment,
    isChosen,
    dataset,
    fileOfWeights: imageNetWeights(console),
    folder: join(out, "runs"),
    session: { ...candidate, threads: threads ?? 0 },
    version: versionOfPackage(),
    resamples,
    randomise: randomisedModel,
    reportProgress: console.progress,
    reportTrainings: (trainings) => sayWhatIsLeft(trainings, console),
    reportOutcome: ({ result, examples }) => writeReport(out, experiment, result, examples),
    message: console.message,
    signal: stop.signal,
  });
  process.off("SIGINT", onInterrupt);
  await writeReport(out, experiment, result, examples);
  if (result.failed.length + result.left.filter(isChosen).length > 0) process.exitCode = 1;
  console.result({ ...result, report: join(out, "report.html") }, describe(result, out));
}

async function experimentOf({ subject, settings, preset, weights }: ExperimentOptions): Promise<Experiment> {
  if (settings === undefined)
    return subject === "paper" ? paperExperiment(preset) : ablationExperiment(preset, weights !== undefined);
  const { value, lineOf } = await readSettingsFile(settings);
  return parseExperiment(value, settings, lineOf);
}

/** Published ImageNet weights of AlexNet fit its family alone; the other networks, and an entry that says otherwise, start as they do. */
function withWeights(experiment: Experiment, weights: string | undefined): Experiment {
  if (weights === undefined) return experiment;
  const isAlexNet = (settings: Experiment["base"]) => {
    const name = (settings.network as { readonly name?: string } | undefined)?.name ?? "alexnet-attention";
    return name.startsWith("alex");
  };
  const entries = experiment.entries.map((entry) => {
    if (!isAlexNet(entry.settings) || "weights" in entry.settings) return entry;
    return { ...entry, settings: { ...entry.settings, weights } };
  });
  return { ...experiment, entries };
}

async function writeReport(
  out: string,
  experiment: Experiment,
  result: ExperimentResult,
  examples: readonly ExplainedExample[],
): Promise<void> {
  const tables = paperTables(result);
  const charts = chartsOf(result);
  const page = {
    title: result.title,
    facts: factsOf(result),
    warnings: warningsOf(result, examples.length > 0),
    tables,
    charts,
    examples: examples.map(exampleCell),
    footer: `micronuclei ${result.version}, data ${result.data.hash}`,
  };
  const files: [string, string][] = [
    ["report.html", experimentPage(page)],
    ["report.md", experimentMarkdown({ ...page, charts: charts.map(({ title, file }) => ({ title, file })) })],
    ["experiment.json", `${JSON.stringify({ ...result, experiment }, null, 2)}\n`],
    ...tables.map((table): [string, string] => [`${table.id}.csv`, tableAsCsv(table)]),
    ...charts.map(({ file, chart }): [string, string] => [file, standaloneSvg(chart)]),
  ];
  for (const [name, content] of files) await writeFileAtomically(join(out, name), content);
}

function chartsOf({ entries }: ExperimentResult) {
  if (entries.length === 0) return [];
  const cost = (value: (entry: ExperimentResult["entries"][number]) => number) =>
    entries.map((entry) => ({ name: entry.name, value: value(entry) }));
  const areas = entries.map(({ name, metrics: { auc } }) => ({ name, value: auc.mean, interval: auc.mean_ci95 }));
  return [
    {
      title: "Area under the ROC curve",
      file: "auc.svg",
      caption: "Mean over the seeds and its 95 % interval.",
      chart: valuesWithIntervals(areas, "AUC on the test cells"),
    },
    {
      title: "Figure 5. Training time",
      file: "figure-5-training.svg",
      caption:
        "Median over the epochs of the first seed. Epochs of trainings that shared the machine with other work are slower.",
      chart: costsChart(
        cost(({ runs }) => runs[0]?.secondsPerEpoch ?? 0),
        "Seconds an epoch",
      ),
    },
    {
      title: "Figure 5. Testing time",
      file: "figure-5-testing.svg",
      caption: "One cell by itself, from pixels to probability.",
      chart: costsChart(
        cost(({ inferenceMilliseconds }) => inferenceMilliseconds),
        "Milliseconds a cell",
      ),
    },
  ];
}

function factsOf({ data, device, randomised, resamples, entries }: ExperimentResult): [string, string][] {
  const runs = entries.flatMap((entry) => entry.runs);
  const hours = runs.reduce((sum, { trainingSeconds }) => sum + trainingSeconds, 0) / 3600;
  return [
    ["Data", data.source],
    ["Data hash", data.hash],
    ["Classes", data.classes.join(", ")],
    [
      "Test",
      `${data.testCells} cells, ${data.testPositives} positive${data.testFields === null ? "" : `, ${data.testFields} fields`}`,
    ],
    ["Trained", `${runs.length} runs in ${hours.toFixed(1)} hours; what each took is in the table of costs`],
    ["Device", device],
    ["Resamples", String(resamples)],
    ...(randomised === null
      ? []
      : [["AUC with random weights", `${randomised.auc.toFixed(3)} (chance: 0.5)`] satisfies [string, string]]),
  ];
}

function warningsOf({ failed, left, entries, proposed }: ExperimentResult, hasExamples: boolean): string[] {
  const epochs = new Set(entries.map(({ runs }) => runs[0]?.epochs));
  const trainingsLeft = left.length === 1 ? "1 training" : `${left.length} trainings`;
  const endedEarly = entries.filter(({ runs }) => runs.some((run) => run.endedEarly)).map(({ name }) => name);
  const lacksExamples = !hasExamples && entries.some(({ name }) => name === proposed);
  return [
    ...failed.map(({ entry, seed, code, message }) => `${entry}, seed ${seed} failed (${code}): ${message}`),
    ...(left.length === 0 ? [] : [`Not finished yet: ${trainingsLeft}. The same command, without --only, goes on.`]),
    ...(lacksExamples ? [`Figure 6 is left out: the model of ${proposed} is no longer in its run folder.`] : []),
    ...(epochs.size > 1 ? ["Entries were trained for different numbers of epochs: see the column Epochs."] : []),
    ...(endedEarly.length === 0
      ? []
      : [
          "From random weights, and over before the learning rate fell, so that their numbers say how far that leads and not " +
            `what these networks can do: ${endedEarly.join(", ")}.`,
        ]),
  ];
}

function exampleCell({ file, label, probability, cell, maps }: ExplainedExample): ExampleCell {
  const address = (picture: Uint8Array) => `data:image/png;base64,${Buffer.from(picture).toString("base64")}`;
  return {
    name: file,
    ...{ label, probability },
    pictures: [
      { name: "cell", address: address(cell) },
      ...maps.map(({ name, picture }) => ({ name, address: address(picture) })),
    ],
  };
}

function describe({ entries, failed, left }: ExperimentResult, out: string): string {
  const lines = entries.map(({ name, metrics: { auc, ap, f1 } }) => {
    const [a, b, c] = [auc, ap, f1].map(({ mean }) => mean?.toFixed(3) ?? "-");
    return `  ${name.padEnd(24)} AUC ${a}  AP ${b}  F1 ${c}`;
  });
  return [
    `Compared ${entries.length} entries; ${failed.length} trainings failed, ${left.length} are left.`,
    ...lines,
    `Report: ${join(out, "report.html")}`,
  ].join("\n");
}
