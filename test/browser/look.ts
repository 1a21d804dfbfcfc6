import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { expect } from "vitest";
import { sharp } from "../../src/images/sharp.ts";
import type { ReaderWindow } from "./reader-window.ts";

/** What is asked of an image and of a button on the page. */
interface Picture {
  decode(): Promise<void>;
}
interface Button {
  click(): void;
}

type Scheme = "light" | "dark";

const PICTURES = join(import.meta.dirname, "../../docs/images/review");

/** A rule's name, what it is about, and where it is broken, in as few words as help to find it. */
function inWords({ violations }: AxeResults): string[] {
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/**
 * Looks at a screen as it is: axe-core finds nothing against it, in light and dark. With MN_SCREENSHOTS=1 it is also taken
 * into docs/images/review, under `name`, in the schemes of `pictures`.
 */
export async function look(
  { page }: ReaderWindow,
  name: string,
  pictures: readonly Scheme[] = ["light"],
): Promise<void> {
  await page.getByRole("button", { name: "Close message" }).evaluateAll((all: Button[]) => {
    for (const button of all) button.click();
  });
  await page
    .locator("img")
    .evaluateAll((images: Picture[]) => Promise.allSettled(images.map((image) => image.decode())));
  for (const scheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    // Only colours differ between the two.
    const options = scheme === "light" ? {} : { runOnly: ["color-contrast"] };
    const found = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
    expect(inWords(found), `${name}, ${scheme}`).toEqual([]);
    if (process.env.MN_SCREENSHOTS === "1" && pictures.includes(scheme))
      await keep(scheme === "light" ? name : `${name}-dark`, await page.screenshot({ animations: "disabled" }));
  }
}

async function keep(name: string, picture: Buffer): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await writeFile(join(PICTURES, `${name}.png`), await sharp(picture).png({ palette: true, effort: 10 }).toBuffer());
}
