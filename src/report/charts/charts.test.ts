import sharp from "sharp";
import { expect, test } from "vitest";
import { standaloneSvg } from "./axes.ts";
import { confusionMatrix } from "./confusion-matrix.ts";
import { precisionRecallChart } from "./precision-recall-chart.ts";
import { reliabilityDiagram } from "./reliability-diagram.ts";
import { rocChart } from "./roc-chart.ts";
import { scoreHistogram } from "./score-histogram.ts";
import { type HistoryRow, type TrainingCurvesRequest, trainingCurves } from "./training-curves.ts";
import { valuesWithIntervals } from "./values-with-intervals.ts";

const NAMES = { positive: "mn", negative: "normal" };
/** Plotting area of the square charts: x from 56 to 426, y from 372 (0) to 12 (1). */
const squareX = (value: number): number => 56 + 370 * value;
const squareY = (value: number): number => 372 - 360 * value;

/** Numbers of an attribute of all elements of a class, in order. */
function attributes(markup: string, element: string, className: string, attribute: string): number[] {
  const elements = markup.match(new RegExp(`<${element} class="${className}"[^>]*>`, "g")) ?? [];
  return elements.map((text) => Number(new RegExp(`${attribute}="([^"]*)"`).exec(text)?.[1]));
}

test("the ROC curve goes through its points, and the threshold sits where it belongs", () => {
  const curve = { x: [0, 0.25, 1], y: [0, 0.5, 1], thresholds: [null, 0.7, 0.1] };
  const { markup } = rocChart(curve, { value: 0.625, interval: [0.5, 0.75] }, [
    { x: 0.25, y: 0.5, label: "threshold 0.7" },
  ]);
  expect(markup).toContain(`d="M56.0 372.0L${squareX(0.25).toFixed(1)} ${squareY(0.5).toFixed(1)}L426.0 12.0"`);
  expect(attributes(markup, "circle", "fill-positive", "cx")).toEqual([squareX(0.25)]);
  expect(attributes(markup, "circle", "fill-positive", "cy")).toEqual([squareY(0.5)]);
  expect(markup).toContain("AUC 0.625 (0.500–0.750)");
});

test("precision is drawn as steps that begin at recall 0, and chance at the prevalence", () => {
  const curve = { x: [0.5, 1], y: [1, 0.75], thresholds: [0.9, 0.4] };
  const { markup } = precisionRecallChart(curve, { value: 0.875, interval: null }, 0.1, []);
  expect(markup).toContain(`d="M56.0 12.0H241.0V${squareY(0.75).toFixed(1)}H426.0"`);
  expect(markup).toContain(`d="M56 ${squareY(0.1)}H426"`);
});

test("bars of a histogram are as high as their counts, each class on its own axis", () => {
  const histogram = { edges: [0, 0.5, 1], positives: [1, 4], negatives: [400, 100] };
  const { markup } = scoreHistogram(histogram, 0.5, NAMES);
  const [few = 0, many = 0] = attributes(markup, "rect", "fill-positive", "height");
  const [common = 0, rare = 0] = attributes(markup, "rect", "fill-negative", "height");
  expect(many / few).toBeCloseTo(4, 10);
  expect(common / rare).toBeCloseTo(4, 1);
  expect(markup).toContain("mn: 5 cells");
  expect(markup).toContain("normal: 500 cells");
  expect(markup).toContain("M241 30V190");
});

test("a bin of the reliability diagram stands at its probability and its observed share, with its interval", () => {
  const bin = { lower: 0.2, upper: 0.3, cells: 40, positives: 12, meanProbability: 0.25, observed: 0.3 };
  const { markup } = reliabilityDiagram([{ ...bin, observed_ci95: [0.2, 0.45] }]);
  expect(attributes(markup, "circle", "fill-negative", "cx")).toEqual([squareX(0.25)]);
  expect(attributes(markup, "circle", "fill-negative", "cy")).toEqual([squareY(0.3)]);
  expect(markup).toContain(`d="M${squareX(0.25)} ${squareY(0.2)}V${squareY(0.45)}"`);
});

test("a confusion matrix has labels in rows and percentages of the row", () => {
  const { markup } = confusionMatrix({ tp: 124, fp: 15, fn: 25, tn: 2065 }, NAMES, "At 0.5");
  const cells = [...markup.matchAll(/count">([^<]*)<\/span><span class="share">([^<]*)/g)].map(([, ...texts]) => texts);
  expect(cells).toEqual([
    ["124", "83.2 %"],
    ["25", "16.8 %"],
    ["15", "0.7 %"],
    ["2,065", "99.3 %"],
  ]);
});

test("dots stand on an axis that ends at 1 and holds every interval", () => {
  const rows = [
    { name: "alexnet-attention", value: 0.99, interval: [0.98, 1] as const },
    { name: "a name that is far too long to be drawn", value: 0.9, interval: [0.85, 0.95] as const },
    { name: "undefined", value: null, interval: null },
  ];
  const { markup } = valuesWithIntervals(rows, "AUC");
  const [high = 0, low = 0] = attributes(markup, "circle", "fill-negative", "cx");
  // The axis runs over 300 units from 210 to 510; 0.09 of it lie between the dots.
  const start = 1 - (0.09 * 300) / (high - low);
  expect(start).toBeLessThanOrEqual(0.85);
  expect(start).toBeGreaterThanOrEqual(0.5);
  expect(markup).toContain("a name that is far too lon…");
  expect(markup).toContain("<title>a name that is far too long to be drawn: 0.900 (0.850–0.950)</title>");
  expect(markup).toContain("<title>undefined: –</title>");
});

const row = (epoch: number, values: Partial<HistoryRow>): HistoryRow => ({
  epoch,
  trainLoss: null,
  validationLoss: null,
  validationAuc: null,
  learningRate: null,
  imagesPerSecond: null,
  ...values,
});
const request: Omit<TrainingCurvesRequest, "history"> = {
  curves: [{ quantity: "trainLoss", name: "training", colour: "negative" }],
  label: "Loss",
  totalEpochs: 5,
  keptEpoch: 3,
  scale: "from zero",
};

test("a training curve spans the planned epochs, breaks where nothing was measured, and marks the kept epoch", () => {
  const history = [row(1, { trainLoss: 1 }), row(2, {}), row(3, { trainLoss: 0.5 })];
  const { markup } = trainingCurves({ ...request, history });
  // x: epoch 1 at 56, epoch 5 at 426; y: 0 at 254, 1 at 34.
  expect(markup).toContain('d="M56.0 34.0M241.0 144.0"');
  expect(markup).toContain("M241 34V254");
  expect(markup).toContain("training: 0.5");
});

test.each([
  ["no epoch yet", [], "from zero"],
  ["one epoch", [row(1, { trainLoss: 0.3 })], "around values"],
  ["nothing measured", [row(1, {}), row(2, {})], "logarithmic"],
  ["a rate that reaches 0", [row(1, { trainLoss: 0.1 }), row(2, { trainLoss: 0 })], "logarithmic"],
] as const)("a training curve with %s can be drawn", (_, history, scale) => {
  const { markup } = trainingCurves({ ...request, history, scale, keptEpoch: null });
  expect(markup).toMatch(/^<svg.*<\/svg>\n$/s);
  expect(markup).not.toMatch(/NaN|Infinity|undefined/);
});

test("a chart can be a file of its own: it carries its style and asks for nothing", () => {
  const file = standaloneSvg(trainingCurves({ ...request, history: [row(1, { trainLoss: 1 })] }));
  expect(file).toMatch(/^<svg[^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]*><style>/);
  expect(file.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\(|@import/);
});

test("a chart as a file has its colours and lines in a program that knows no CSS variables too", async () => {
  const file = standaloneSvg(valuesWithIntervals([{ name: "a", value: 0.9, interval: [0.6, 1] }], "AUC"));
  // librsvg, which sharp draws with, is such a program: a stroke of var(...) is none to it. One pixel a unit.
  const drawn = sharp(Buffer.from(file), { density: 72 }).flatten({ background: "white" }).raw();
  const { data, info } = await drawn.toBuffer({ resolveWithObject: true });
  let blue = 0;
  for (let at = 0; at < data.length; at += info.channels) if (data[at + 2]! > data[at]! + 80) blue++;
  // The interval's line is far longer than the dot (nine units) that lies on it.
  const [, from, to] = /class="whisker[^"]*" d="M([\d.]+) [\d.]+H([\d.]+)"/.exec(file)!;
  expect(blue).toBeGreaterThan(Number(to) - Number(from));
});
