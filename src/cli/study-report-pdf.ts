import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describeError, MicronucleiError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/** Where they are on systems that do not put them on the path. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];
const PRINT_MILLISECONDS = 120_000;

/** A browser that can print, if one is installed. */
export function findBrowser(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [...folders.flatMap((folder) => BROWSERS.map((name) => join(folder, name))), ...PLACES];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Throws BROWSER_MISSING. */
export function requireBrowser(): string {
  const browser = findBrowser();
  if (browser !== null) return browser;
  throw new MicronucleiError(
    "BROWSER_MISSING",
    "A PDF needs Chromium, Chrome or Edge, and none was found. Install one, or print report.html from your browser.",
  );
}

/** Prints a page that stands alone. The browser is cut off from the network; its times in the file become `at`. */
export async function printToPdf(browser: string, html: string, pdf: string, at: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-print-"));
  const printed = join(folder, "printed.pdf");
  try {
    await promisify(execFile)(
      browser,
      [...flags(folder), `--print-to-pdf=${printed}`, pathToFileURL(resolve(html)).href],
      {
        timeout: PRINT_MILLISECONDS,
      },
    );
    await writeFileAtomically(pdf, withTimes(await readFile(printed), at));
  } catch (cause) {
    throw new MicronucleiError(
      "PDF_NOT_PRINTED",
      `${browser} could not print ${html}: ${describeError(cause)}. The page itself is written: print it by hand, or use --pdf never.`,
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function flags(folder: string): string[] {
  return [
    "--headless",
    // In a container or as the administrator there is no sandbox; the page is our own and without scripts.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    `--user-data-dir=${join(folder, "profile")}`,
  ];
}

/** The moment of printing, which Chromium writes into the file, replaced by the moment of the state that was printed. */
function withTimes(pdf: Buffer, at: string): Buffer {
  const stamp = `${at.slice(0, 19).replaceAll(/[-:T]/g, "")}+00'00'`;
  const text = pdf.toString("latin1");
  return Buffer.from(
    text.replaceAll(/\/(CreationDate|ModDate) \(D:\d{14}[^)]*\)/g, (whole, name: string) => {
      const replaced = `/${name} (D:${stamp})`;
      // The file's index counts bytes: another length would break it.
      return replaced.length === whole.length ? replaced : whole;
    }),
    "latin1",
  );
}
