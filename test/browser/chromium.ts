import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

/** As scripts/test.mjs looks for them, and installs the first. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

export const NO_CHROMIUM = "no Chromium was found. Debian and Ubuntu: sudo apt-get install chromium";

/** Quiet and offline: nothing but what the page asks for. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Of the smallest screen that the application is made for. */
export const SMALLEST_SCREEN = { width: 1280, height: 720 };

export function chromiumPath(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program)));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** A browser of its own for each person: what one window keeps, another person's does not see. */
export async function openBrowser(path: string): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), "micronuclei-browser-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: path,
    args: ARGUMENTS,
    // As people see it.
    ignoreDefaultArgs: ["--hide-scrollbars"],
    viewport: SMALLEST_SCREEN,
    colorScheme: "light",
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  // Chromium's last process may still write into its profile for a moment.
  browser.on("close", () => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return browser;
}
