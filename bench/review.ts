import { link, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import { sha256 } from "../src/core/files.ts";
import { Workspace } from "../src/workspace/workspace.ts";
import buildWeb from "../test/browser/build-web.ts";
import { chromiumPath, NO_CHROMIUM, openBrowser } from "../test/browser/chromium.ts";
import { cellFile, drawCells } from "../test/browser/drawn-cells.ts";
import { sayWhoReads } from "../test/browser/reader-window.ts";
import { freePort, startReviewProcess } from "../test/browser/review-process.ts";
import { type MadeFiles, makeStudy } from "./made-study.ts";
import { median, percentile } from "./statistics.ts";

const CELLS_OF_A_SAMPLE = 200;
const NAVIGATIONS = 5;
const READING_PIXELS_PER_SECOND = 2_000;
const LONGEST_SCROLL_SECONDS = 20;
/** A quick reader's pace, and the one that has to be survived. */
const PER_SECOND = { reader: 4, burst: 20 } as const;
/** Before a key that the page declined is pressed again. */
const AGAIN_MILLISECONDS = 20;

export interface ReviewBench {
  readonly cells: number;
  /** Of decisions at 20 a second. */
  readonly seconds: number;
  /** Decisions at a reader's pace. */
  readonly rounds: number;
  readonly json: boolean;
}

/**
 * The review application in a browser, with `cells` scored cells: what its reader waits for, and whether decisions get lost.
 * The cells that are decided on have files and hashes of their own, as after any import; of the others, many show the same
 * drawn picture, which the server nevertheless reads for each of them.
 */
export async function benchReview({ cells, seconds, rounds, json }: ReviewBench): Promise<void> {
  const chromium = chromiumPath();
  if (chromium === null) throw new Error(NO_CHROMIUM);
  buildWeb();
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const laboratory = join(folder, "laboratory");
  const decisions = rounds + PER_SECOND.burst * seconds;
  if (decisions >= cells) throw new Error(`${decisions} decisions need more than ${cells} cells.`);
  const workspace = await Workspace.create(laboratory, () => new Date());
  const files = await makePictures(join(folder, "cells"), cells, decisions + CELLS_OF_A_SAMPLE);
  const { id } = await makeStudy(workspace, cells, files);
  const review = await startReviewProcess(laboratory, await freePort());
  const browser = await openBrowser(chromium);
  try {
    const measured = await measure(browser, review.address, `/studies/${id}/review/all`, { seconds, rounds });
    await review.kill();
    const { inDatabase } = await workspace.db
      .selectFrom("label")
      .select(({ fn }) => fn.countAll<number>().as("inDatabase"))
      .executeTakeFirstOrThrow();
    print({ cells, ...measured, inDatabase }, json);
  } finally {
    await browser.close();
    await review.kill();
    await workspace.close();
    await rm(folder, { recursive: true });
  }
}

/** Draws the pictures of one sample; the other samples' files are links to them, but the first `own` ones, which differ. */
async function makePictures(base: string, cells: number, own: number): Promise<MadeFiles> {
  await drawCells(
    join(base, "drawn"),
    "drawn",
    Array.from({ length: CELLS_OF_A_SAMPLE }, (_, index) => (index % 10 === 0 ? 1 : 0)),
  );
  const names = Array.from({ length: CELLS_OF_A_SAMPLE }, (_, index) => cellFile(index + 1));
  const hashes = new Map<string, string>();
  for (let sample = 0; sample * CELLS_OF_A_SAMPLE < cells; sample++) {
    await mkdir(join(base, String(sample)));
    const make = sample * CELLS_OF_A_SAMPLE < own ? copyWithHash : linkOnly;
    await Promise.all(names.map((name) => make(join(base, "drawn", name), `${sample}/${name}`)));
  }
  const fileOf = (sample: number, cell: number) => {
    const file = `${sample}/${names[cell]}`;
    return { file, sha256: hashes.get(file) ?? null };
  };
  return { base, cellsOfSample: CELLS_OF_A_SAMPLE, fileOf };

  async function copyWithHash(drawn: string, file: string): Promise<void> {
    // What follows the end of a PNG is not part of its picture.
    const content = Buffer.concat([await readFile(drawn), Buffer.from(file)]);
    await writeFile(join(base, file), content);
    hashes.set(file, sha256(content));
  }

  async function linkOnly(drawn: string, file: string): Promise<void> {
    await link(drawn, join(base, file));
  }
}

type Measured = Awaited<ReturnType<typeof measure>>;

async function measure(
  browser: BrowserContext,
  address: string,
  path: string,
  { seconds, rounds }: Pick<ReviewBench, "seconds" | "rounds">,
) {
  await browser.addInitScript({ path: join(import.meta.dirname, "review-in-page.js") });
  const page = await browser.newPage();
  await page.goto(address);
  await sayWhoReads({ page, complaints: [], expectFailedRequests: () => {} }, "Ana Berg");
  const opened = await openGallery(page, new URL(path, address).href);
  const scrolled = await scrollGallery(page, Math.min(seconds, LONGEST_SCROLL_SECONDS));
  await page.keyboard.press("g");
  await page.locator(".stage-image[data-image=shown]").waitFor();
  const reading = await decide(page, rounds, PER_SECOND.reader);
  const burst = await decide(page, PER_SECOND.burst * seconds, PER_SECOND.burst);
  const accepted = reading.accepted + burst.accepted;
  const words = `${accepted.toLocaleString("en-US")} saved`;
  await page.getByText(words, { exact: true }).waitFor();
  return { opened, ...scrolled, reading, burst, accepted, memoryAfterDecisions: await memoryOf(page) };
}

/** Milliseconds from the navigation, for each of some: the first cell shown, all cells in view shown. */
async function openGallery(page: Page, address: string): Promise<{ first: number; all: number }[]> {
  const opened: { first: number; all: number }[] = [];
  for (let time = 0; time < NAVIGATIONS; time++) {
    await page.goto(address, { waitUntil: "commit" });
    const [first, all] = await page.evaluate<[number, number]>("measuring.firstCells()");
    opened.push({ first, all });
  }
  return opened;
}

interface Memory {
  readonly heapMegabytes: number;
  /** All that live, also those that are not on the page. */
  readonly nodes: number;
  readonly elementsOnPage: number;
}

/** What the page keeps after a garbage collection. */
async function memoryOf(page: Page): Promise<Memory> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  // The first time frees wrappers, the second one what they held on the page.
  for (let time = 0; time < 2; time++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const elementsOnPage = await page.locator("*").count();
  const value = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  return { heapMegabytes: value("JSHeapUsedSize") / 2 ** 20, nodes: value("Nodes"), elementsOnPage };
}

interface Scrolled {
  readonly name: string;
  /** Milliseconds from one frame to the next. */
  readonly frame: Spread;
  readonly framesPerSecond: number;
  /** Milliseconds from the end of the scrolling until all cells in view were shown. */
  readonly settled: number;
  readonly memory: Memory;
}

/** As one who reads, then from there through all cells to the end and back. */
async function scrollGallery(page: Page, seconds: number): Promise<{ memoryBefore: Memory; scrolled: Scrolled[] }> {
  const memoryBefore = await memoryOf(page);
  const length = await page.evaluate<number>("measuring.scrollLength()");
  const reading = Math.min(READING_PIXELS_PER_SECOND, length / seconds);
  const scrolled: Scrolled[] = [];
  for (const [name, pixelsPerSecond] of [
    ["as one reads", reading],
    ["through all cells", length / seconds],
    ["and back", -length / seconds],
  ] as const) {
    const { intervals, settled } = await page.evaluate<{ intervals: number[]; settled: number }>(
      `measuring.scroll(${pixelsPerSecond}, ${seconds})`,
    );
    const framesPerSecond = (1000 * intervals.length) / intervals.reduce((sum, interval) => sum + interval, 0);
    scrolled.push({ name, frame: spreadOf(intervals), framesPerSecond, settled, memory: await memoryOf(page) });
  }
  return { memoryBefore, scrolled };
}

interface Decided {
  /** Decisions after which the page went on to the next cell. */
  readonly accepted: number;
  /** Keys that it declined because the picture was not shown yet; they were pressed again. */
  readonly declined: number;
  readonly perSecond: number;
  /** Milliseconds from the key to the next cell's picture. */
  readonly toNextCell: Spread;
}

async function decide(page: Page, decisions: number, perSecond: number): Promise<Decided> {
  const [first, earlier] = await page.evaluate<[number, number]>("[measuring.place(), measuring.latencies.length]");
  const started = performance.now();
  const patience = 60_000 + (3000 * decisions) / perSecond;
  let [accepted, presses] = [0, 0];
  while (accepted < decisions) {
    await wait(Math.max(0, started + (1000 * accepted) / perSecond - performance.now()));
    await page.keyboard.press(accepted % 20 === 19 ? "1" : "n");
    presses++;
    const before = accepted;
    accepted = (await page.evaluate<number>("measuring.place()")) - first;
    if (accepted === before) await wait(AGAIN_MILLISECONDS);
    if (performance.now() > started + patience)
      throw new Error(`The page took only ${accepted} of ${decisions} decisions: ${await page.innerText(".said")}`);
  }
  const seconds = (performance.now() - started) / 1000;
  // Asked again and again: the page's policy forbids the code that Playwright would wait with inside it.
  while ((await page.evaluate<number>("measuring.latencies.length")) < earlier + accepted)
    await wait(AGAIN_MILLISECONDS);
  const latencies = await page.evaluate<number[]>(`measuring.latencies.slice(${earlier})`);
  return { accepted, declined: presses - accepted, perSecond: accepted / seconds, toNextCell: spreadOf(latencies) };
}

interface Spread {
  readonly median: number;
  /** 95 of 100 are no longer. */
  readonly most: number;
  readonly longest: number;
}

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), most: percentile(values, 0.95), longest: percentile(values, 1) };
}

function print(results: Measured & { cells: number; inDatabase: number }, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const { cells, opened, memoryBefore, scrolled, reading, burst, accepted, inDatabase, memoryAfterDecisions } = results;
  const navigation = (what: "first" | "all"): string => {
    const [newly, ...again] = opened.map((times) => times[what]);
    return `${newly?.toFixed(0)} ms; again ${median(again).toFixed(0)} ms`;
  };
  const rows = [
    ["cells in the gallery", String(cells)],
    ["navigation to first cell", navigation("first")],
    ["navigation to all in view", navigation("all")],
    ...scrolled.map(({ name, frame, framesPerSecond, settled }) => [
      `scrolling ${name}`,
      `${framesPerSecond.toFixed(1)} frames a second: ${spreadText(frame)} a frame; all shown ${settled.toFixed(0)} ms after`,
    ]),
    ["memory before scrolling", memoryText(memoryBefore)],
    ...scrolled.map(({ name, memory }) => [`memory after ${name}`, memoryText(memory)]),
    ["memory after decisions", memoryText(memoryAfterDecisions)],
    ["key to next cell", `${spreadText(reading.toNextCell)}; ${decidedText(reading)}`],
    ["the same, 20 a second", `${spreadText(burst.toNextCell)}; ${decidedText(burst)}`],
    ["decisions kept", `${inDatabase} in the database of ${accepted} accepted by the page`],
  ] as const;
  for (const [what, found] of rows) console.log(`${what?.padEnd(32)} ${found}`);
}

function spreadText({ median, most, longest }: Spread): string {
  return `median ${median.toFixed(1)} ms, 95 % within ${most.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`;
}

function memoryText({ heapMegabytes, nodes, elementsOnPage }: Memory): string {
  return `${heapMegabytes.toFixed(1)} MB of JavaScript, ${nodes} nodes alive, ${elementsOnPage} elements on the page`;
}

function decidedText({ accepted, declined, perSecond }: Decided): string {
  return `${accepted} decisions, ${perSecond.toFixed(1)} a second, ${declined} keys declined`;
}
