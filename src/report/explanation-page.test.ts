import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type ExplainedCell, type ExplanationPageRequest, explanationPage } from "./explanation-page.ts";

const PICTURE = "data:image/jpeg;base64,AAAA";

function cell(name: string, probability: number, changes: Partial<ExplainedCell> = {}): ExplainedCell {
  const calledPositive = probability >= 0.5;
  return {
    name,
    probability,
    call: calledPositive ? "mn" : "normal",
    calledPositive,
    label: null,
    callIsWrong: null,
    width: 112,
    height: 80,
    picture: PICTURE,
    maps: [{ layer: "layer 6", picture: PICTURE, low: "0.10", high: "0.90" }],
    outline: null,
    panel: `panels/${name}.png`,
    ...changes,
  };
}

function page(changes: Partial<ExplanationPageRequest> = {}): string {
  return explanationPage({
    title: "Where the model looked",
    cells: [cell("low", 0.1), cell("high", 0.9), cell("middle", 0.5)],
    classNames: { positive: "mn", negative: "normal" },
    threshold: 0.5,
    scaleColours: ["rgb(0,0,4)", "rgb(252,255,164)"],
    ownRanges: true,
    localisation: null,
    failures: [],
    facts: [["Model", "run/model.onnx"]],
    footer: "micronuclei 1.0.0",
    ...changes,
  });
}

const attributes = (document: string, name: string) =>
  [...document.matchAll(new RegExp(`<li [^>]*${name}="([^"]*)"`, "g"))].map(([, value]) => value);

test("cells stand in the order of falling probability, each with its call, its maps' ranges and its panel", () => {
  const document = page();
  expect(attributes(document, "data-probability")).toEqual(["0.9", "0.5", "0.1"]);
  expect(attributes(document, "data-call")).toEqual(["positive", "positive", "negative"]);
  expect(document).toContain('aria-label="attention of layer 6, 0.10 to 0.90"');
  expect(document).toContain('<a href="panels/high.png"');
  expect(document).toContain("3 cells, 2 of them called mn (66.7 %)");
});

test("wrong calls can be chosen where labels are known, and only there", () => {
  expect(page()).not.toContain('value="wrong"');
  const labelled = page({
    cells: [
      cell("a", 0.9, { label: "normal", callIsWrong: true }),
      cell("b", 0.8, { label: "mn", callIsWrong: false }),
    ],
  });
  expect(labelled).toContain('value="wrong">wrong calls <span class="quiet">1</span>');
  expect(labelled.match(/ data-wrong/g)).toHaveLength(1);
});

test("the page's policy lets in its own script and pictures and nothing else", () => {
  const document = page();
  const [, script = ""] = /<script>([\s\S]*)<\/script>/.exec(document) ?? [];
  const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(document) ?? [];
  const hash = createHash("sha256").update(script).digest("base64");
  expect(policy.replaceAll("&#39;", "'")).toBe(
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data: 'self' file:`,
  );
  expect(document).not.toMatch(/https?:|<link|@import/);
});

test("a long path shows its last part, and all of it on demand", () => {
  expect(page({ cells: [cell("slide/7/a.png", 0.5)] })).toContain('title="slide/7/a.png">a.png</a>');
});

test("names are text, never markup", () => {
  const document = page({ cells: [cell('<img src=x onerror="alert(1)">', 0.5)] });
  expect(document).not.toContain("<img");
  expect(document).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</a>");
});

test("localisation stands with its intervals beside chance; what could not be measured is said", () => {
  const row = { cells: 18, pointing_ci95: null, energy_ci95: [0.2, 0.4] as const, iou_ci95: null };
  const document = page({
    localisation: {
      rows: [{ map: "layer 6", pointing: 0.5, energy: 0.3, iou: 0.25, chance: 0.012, ...row }],
      basis: "18 cells.",
      remarks: ["2 cells have no mask."],
    },
  });
  expect(document).toContain('<th scope="row">layer 6</th>');
  expect(document).toContain("0.300 (0.200–0.400)");
  expect(document).toContain("0.012");
  expect(document).toContain("2 cells have no mask.");
});

test("images without a score are counted, and the first ten named", () => {
  const failures = Array.from({ length: 12 }, (_, index) => ({ name: `bad-${index}.png`, reason: "0 bytes" }));
  const document = page({ failures });
  expect(document).toContain("12 images have no score and no map.");
  expect(document).toContain("bad-9.png: 0 bytes");
  expect(document).not.toContain("bad-10.png");
});

test("a gallery of no cells is a whole page", () => {
  expect(page({ cells: [] })).toMatch(/0 cells, 0 of them called mn: [\s\S]*<\/html>/);
});
