import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { Workspace } from "../../src/workspace/workspace.ts";
import { ReviewClient } from "../server/review-client.ts";
import { temporaryFolder } from "../server/start.ts";
import { chromiumPath, NO_CHROMIUM, openBrowser } from "./chromium.ts";
import { openWindow, type ReaderWindow, sayWhoReads } from "./reader-window.ts";
import { freePort, type ReviewProcess, startReviewProcess } from "./review-process.ts";

/** A workspace, the server on it, and browsers of the people who work there. All of it goes with the test. */
export interface Laboratory {
  /** For files; the workspace is in its folder `laboratory`. */
  readonly folder: string;
  /** Opened beside the server, to see what is really on the disk. */
  readonly workspace: Workspace;
  readonly review: () => ReviewProcess;
  /** Kills the server under its windows. */
  readonly kill: () => Promise<void>;
  /** Starts it again at the same address. */
  readonly restart: () => Promise<void>;
  /** Asks the server without a window. */
  readonly as: (reader: string) => ReviewClient;
  /** A new browser with a window at the address that the server printed. */
  readonly openNameless: () => Promise<ReaderWindow>;
  /** The same, and the window knows who reads. */
  readonly open: (reader: string) => Promise<ReaderWindow>;
  /** Another window of a browser. */
  readonly openAnother: (window: ReaderWindow, address?: string) => Promise<ReaderWindow>;
}

/** How long a journey may take on a busy machine. */
const LONGEST_MILLISECONDS = 240_000;

/**
 * A test in a browser, skipped where there is none. In the end no window of it may have asked another host, breached the
 * content security policy, or written an error to its console.
 *
 * prepare: fills the workspace before the server starts.
 */
export function journey(
  name: string,
  walk: (laboratory: Laboratory) => Promise<void>,
  prepare: (workspace: Workspace, folder: string) => Promise<void> = async () => {},
): void {
  test(name, { timeout: LONGEST_MILLISECONDS }, async ({ skip }) => {
    const chromium = chromiumPath();
    if (chromium === null) return skip(NO_CHROMIUM);
    const windows: ReaderWindow[] = [];
    try {
      await walk(await openLaboratory(chromium, windows, prepare));
    } catch (error) {
      throw new Error(`${String(error)}\n${await whatWasShown(windows)}`, { cause: error });
    }
    expect(windows.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
}

/** For whoever looks for a failure: the words on every window, and what went wrong in it. */
async function whatWasShown(windows: readonly ReaderWindow[]): Promise<string> {
  const texts = windows.map(async ({ page, complaints }) => {
    const words = page.isClosed() ? "(closed)" : await page.innerText("body");
    return [`Window at ${page.url()}:`, words, ...complaints].join("\n");
  });
  return (await Promise.all(texts)).join("\n\n");
}

async function openLaboratory(
  chromium: string,
  windows: ReaderWindow[],
  prepare: (workspace: Workspace, folder: string) => Promise<void>,
): Promise<Laboratory> {
  const folder = temporaryFolder();
  const place = join(folder, "laboratory");
  const workspace = await Workspace.create(place, () => new Date());
  onTestFinished(() => workspace.close());
  await prepare(workspace, folder);
  let review = await startReviewProcess(place, await freePort());
  onTestFinished(() => review.kill());
  const openIn = async (browser: BrowserContext, address: string): Promise<ReaderWindow> => {
    const window = await openWindow(browser, address);
    windows.push(window);
    return window;
  };
  const openNameless = async (): Promise<ReaderWindow> => {
    const browser = await openBrowser(chromium);
    onTestFinished(() => browser.close());
    return await openIn(browser, review.address);
  };
  return {
    folder,
    workspace,
    review: () => review,
    kill: () => review.kill(),
    restart: async () => {
      review = await startReviewProcess(place, review.port);
    },
    as: (reader) => new ReviewClient(review, reader),
    openNameless,
    open: async (reader) => {
      const window = await openNameless();
      await sayWhoReads(window, reader);
      return window;
    },
    openAnother: ({ page }, address = review.address) => openIn(page.context(), address),
  };
}
