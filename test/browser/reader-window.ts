import axe from "axe-core";
import type { BrowserContext, Page } from "playwright-core";

/** A window of the application, and everything that went wrong in it. */
export interface ReaderWindow {
  readonly page: Page;
  /** Requests to other hosts, errors on the console, exceptions, breaches of the content security policy. */
  readonly complaints: readonly string[];
  /** From now on, failed requests are no complaint: the server is to be away, or to refuse. */
  expectFailedRequests(): void;
}

/** What Chromium writes for a request without an answer, or with a refusal: the page has to cope with these. */
const FAILED_REQUEST = /^Failed to load resource: (net::ERR_|the server responded with a status of 4)/;

/** Breaches are written to the console, where `complaints` finds them, with the directive and what breached it. */
const REPORT_BREACHES = `addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile }) =>
  console.error("Content security policy:", effectiveDirective, blockedURI, sourceFile));`;

/** Opens an address in a new window and watches all that the window does. */
export async function openWindow(browser: BrowserContext, address: string): Promise<ReaderWindow> {
  const page = await browser.newPage();
  const { host } = new URL(address);
  const complaints: string[] = [];
  let failuresExpected = false;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["blob:", "data:"].includes(url.protocol) && url.host !== host) complaints.push(`asked ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    if (failuresExpected && FAILED_REQUEST.test(message.text())) return;
    complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error.stack ?? error)));
  await page.addInitScript({ content: REPORT_BREACHES });
  await page.addInitScript({ content: axe.source });
  await page.goto(address);
  return { page, complaints, expectFailedRequests: () => (failuresExpected = true) };
}

/** Says who reads, in a window that asks for it. */
export async function sayWhoReads({ page }: ReaderWindow, name: string): Promise<void> {
  await page.getByRole("heading", { name: "Who is reading?" }).waitFor();
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
}

/** The place of the focused cell and what a screen reader says of it, such as "Cell 3 of 52; no label of yours". */
export async function focusedCell({ page }: ReaderWindow): Promise<string> {
  const snapshot = await page.getByRole("option", { selected: true }).ariaSnapshot();
  return /"(.*)"/.exec(snapshot)?.[1] ?? snapshot;
}

/** Waits until the cell at a place (from 1) has the focus and its image can be seen. */
export async function waitForCell({ page }: ReaderWindow, place: number): Promise<void> {
  const cell = page.getByRole("option", { selected: true, name: new RegExp(`^Cell ${place} of `) });
  await cell.locator('img[data-image="shown"]').waitFor();
}
