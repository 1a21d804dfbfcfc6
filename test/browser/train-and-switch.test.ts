import { expect } from "vitest";
import { importDrawnStudy, scoreStudy } from "./drawn-study.ts";
import { journey } from "./journey.ts";
import { look } from "./look.ts";

const STUDY = 1;
/** 8 cells of either class. */
const DRAWN = Array.from({ length: 16 }, (_, index) => index % 2);
const SAMPLES = ["Donor 1", "Donor 2", "Donor 3"];
/** Curves of more than two epochs make a better picture. */
const EPOCHS = process.env.MN_SCREENSHOTS === "1" ? 8 : 2;

journey(
  "a reviewer trains on the reviewed cells, compares the new model with the old one on held-out cells, and switches",
  async (laboratory) => {
    const ana = laboratory.as("Ana Berg");
    await scoreStudy(ana, STUDY);
    const { cells } = await ana.cells(STUDY, "all", "&limit=100");
    for (const { id, file } of cells) await ana.label(STUDY, id, DRAWN[Number(/\d+/.exec(file)?.[0]) - 1] ?? 0);
    const window = await laboratory.open("Ana Berg");
    const { page } = window;
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("button", { name: /micronuclei-fluorescence.*in use/ }).waitFor();
    await look(window, "models");

    await page.getByRole("button", { name: "Train a new one" }).click();
    const training = page.getByRole("dialog", { name: "Train on the cells that were read here" });
    await training.getByRole("checkbox", { name: /Three donors/ }).check();
    await training.getByText("48 cells, 24 of them with micronuclei, in 3 groups that are kept whole.").waitFor();
    await training.getByLabel("Name of the new model").fill("Our cells");
    await training.getByLabel("Epochs").fill(String(EPOCHS));
    await look(window, "train");
    await training.getByRole("button", { name: "Train" }).click();
    const work = page.getByRole("region", { name: "Train Our cells on Three donors" });
    await work.getByRole("img", { name: "Training and validation loss by epoch" }).waitFor({ timeout: 120_000 });
    await work.getByText(`Epoch ${EPOCHS} of ${EPOCHS}`).waitFor({ timeout: 120_000 });
    await look(window, "training");
    const trained = page.getByRole("button", { name: /^Our cells/ });
    await trained.waitFor({ timeout: 120_000 });
    expect(await trained.innerText(), "nobody has chosen it yet").not.toContain("in use");
    await trained.click();
    await page.getByRole("heading", { name: "Measured on cells that the training never saw" }).waitFor();
    await page.getByRole("img", { name: "Validation AUC by epoch" }).waitFor();
    await page.getByText("Done: Train Our cells on Three donors").waitFor();
    await look(window, "model-trained");

    await page.getByRole("button", { name: "Compare two" }).click();
    const comparing = page.getByRole("dialog", { name: "Compare two models" });
    await comparing.getByRole("checkbox", { name: /Three donors/ }).check();
    await comparing.getByRole("button", { name: "Compare" }).click();
    const compared = page.getByRole("button", { name: "Compare micronuclei-fluorescence with Our cells" });
    await compared.click({ timeout: 60_000 });
    await page.getByText(/On 16 cells that neither model learned from, 8 of them with micronuclei/).waitFor();
    await page.getByRole("row", { name: /ROC area/ }).waitFor();
    await look(window, "comparison");

    await page.getByRole("button", { name: "Use Our cells" }).click();
    await page.getByRole("dialog", { name: "Use Our cells?" }).getByRole("button", { name: "Use it" }).click();
    await page.getByText("Our cells is now the model in use.").waitFor();
    await page.getByRole("button", { name: /^Our cells.*in use/s }).waitFor();
    const trace = await laboratory.workspace.db
      .selectFrom("audit_entry")
      .select(["who", "old_json", "new_json"])
      .where("action", "=", "select model")
      .execute();
    expect(trace).toEqual([
      {
        who: "Ana Berg",
        old_json: expect.stringContaining("micronuclei-fluorescence"),
        new_json: expect.stringContaining("Our cells"),
      },
    ]);
    await page.goto(new URL(`/studies/${STUDY}`, page.url()).href);
    await page.getByRole("button", { name: "Score again" }).click();
    const scoring = page.getByRole("dialog", { name: "Score the study" });
    await expect
      .poll(() => scoring.getByLabel("Model").locator("option:checked").innerText())
      .toBe("Our cells (in use)");
    await look(window, "score-again", []);
  },
  (workspace, folder) =>
    importDrawnStudy(workspace, folder, "Three donors", Object.fromEntries(SAMPLES.map((sample) => [sample, DRAWN]))),
);
