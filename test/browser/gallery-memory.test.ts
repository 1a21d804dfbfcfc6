import type { CDPSession } from "playwright-core";
import { expect } from "vitest";
import { importDrawnStudy } from "./drawn-study.ts";
import { journey } from "./journey.ts";

const CELLS = 96;

/** Elements and texts that the browser keeps, after it has collected what nothing needs. */
async function nodesAlive(session: CDPSession): Promise<number> {
  for (let time = 0; time < 2; time++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "Nodes")?.value ?? Number.NaN;
}

/** Jumps between the gallery's ends, a frame each, so that tiles leave the page while their pictures load. */
const SCROLL = `(async () => {
  const view = document.querySelector(".gallery");
  const end = view.scrollHeight - view.clientHeight;
  for (let jump = 0; jump < 60; jump++) {
    view.scrollTop = jump % 2 === 0 ? end : 0;
    await new Promise(requestAnimationFrame);
  }
})()`;

journey(
  "a gallery that was scrolled back and forth keeps no more than it shows",
  async (laboratory) => {
    const { page } = await laboratory.open("Ana Berg");
    await page.getByRole("link", { name: /Plates 3/ }).press("Enter");
    await page.getByRole("link", { name: "Begin: All cells" }).press("Enter");
    await page.locator("[data-image=shown]").first().waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await session.send("HeapProfiler.enable");
    const before = await nodesAlive(session);
    await page.evaluate(SCROLL);
    await page.locator("[data-image=shown]").first().waitFor();
    // Each of the 60 jumps replaced some 30 tiles of eight nodes each: kept, they would be thousands.
    expect(await nodesAlive(session)).toBeLessThan(2 * before);
  },
  (workspace, folder) =>
    importDrawnStudy(workspace, folder, "Plates 3", { Control: Array.from({ length: CELLS }, () => 0) }),
);
