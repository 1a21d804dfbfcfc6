import { join } from "node:path";
import { expect } from "vitest";
import { Accounts } from "../../src/server/accounts.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { type MadeSample, madeStudy } from "../workspace/made-study.ts";
import { journey } from "./journey.ts";
import { look } from "./look.ts";

const PASSWORD = "correct horse battery staple";

/** Quick to compute. */
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };

/** Doses in gray with the cells called positive of 1,000; the last sample's dose is not known. */
const IRRADIATED: readonly MadeSample[] = [
  ...(
    [
      [0, 10],
      [1, 40],
      [2, 105],
      [4, 330],
    ] as const
  ).map(([dose, positive]) => ({
    sample: sampleNamed(`Calibration ${dose} Gy`, { dose }),
    outcomes: { positive, negative: 1000 - positive },
  })),
  { sample: sampleNamed("Worker 12"), outcomes: { positive: 61, negative: 939 } },
];

/** Three concentrations and a control, with the cells called positive of 2,000. */
const TREATED: readonly MadeSample[] = (
  [
    [0, 18],
    [5, 22],
    [10, 41],
    [20, 78],
  ] as const
).map(([dose, positive]) => ({
  sample: sampleNamed(dose === 0 ? "Solvent" : `${dose} µg/ml`, { dose, doseUnit: "µg/ml" }),
  outcomes: { positive, negative: 2000 - positive },
}));

journey(
  "results tell a dose, and what a substance does",
  async (laboratory) => {
    const window = await laboratory.open("Ana Berg");
    const { page } = window;
    await page.goto(new URL("/studies/1/results", page.url()).href);
    const dose = page.getByRole("region", { name: "Dose" });
    await dose.getByRole("img", { name: /^Dose-response curve/ }).waitFor();
    await dose.getByRole("row", { name: /^Worker 12 1\.\d/ }).waitFor();
    await dose.scrollIntoViewIfNeeded();
    await look(window, "results-dose");
    await page.goto(new URL("/studies/2/results", page.url()).href);
    await page.getByRole("img", { name: /^Frequency of every concentration/ }).waitFor();
    await look(window, "results-concentrations");
    await page.goto(new URL("/nothing-here", page.url()).href);
    await page.getByRole("main").getByRole("link").first().waitFor();
    await look(window, "unknown-address", []);
  },
  async (workspace) => {
    await madeStudy(workspace, IRRADIATED, { title: "Accident of March", kind: "biodosimetry" }, "Accident");
    await madeStudy(workspace, TREATED, { title: "Substance 7", kind: "genotoxicity" }, "Substance 7");
  },
);

journey(
  "with accounts everybody logs in; an admin makes an account, with which another person gets in",
  async (laboratory) => {
    const window = await laboratory.openNameless();
    const { page } = window;
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await look(window, "login");
    window.expectFailedRequests();
    const logIn = async (name: string, password: string): Promise<void> => {
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
    };
    await logIn("Ada Admin", "not her password");
    await page.getByText(/name or (the )?password/i).waitFor();
    await logIn("Ada Admin", PASSWORD);
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("button", { name: "New account" }).click();
    const dialog = page.getByRole("dialog", { name: "New account" });
    await dialog.getByLabel("Name").fill("Rudi Reader");
    await dialog.getByLabel("Password").fill("another long pass phrase");
    await look(window, "new-account", []);
    await dialog.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("row", { name: /Rudi Reader/ }).waitFor();
    await look(window, "accounts");

    await page.getByRole("button", { name: "Reader: Ada Admin" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await logIn("Rudi Reader", "another long pass phrase");
    await page.getByRole("button", { name: "Reader: Rudi Reader" }).waitFor();
    expect(await page.getByRole("link", { name: "Accounts" }).count(), "readers keep no accounts").toBe(0);
  },
  async (_workspace, folder) => {
    const accounts = await Accounts.open(join(folder, "laboratory"), { now: () => new Date(), cost: CHEAP });
    await accounts.add({ name: "Ada Admin", role: "admin", password: PASSWORD });
  },
);
