import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { RandomStream } from "../core/random.ts";
import { cohensKappa, gwetsAc1, gwetsAc1WithInterval, mcnemarExact, observedAgreement, pabak } from "./agreement.ts";

const table = [
  [40, 10],
  [5, 145],
];
const ordered = [
  [80, 6, 1],
  [5, 20, 4],
  [0, 3, 11],
];

test("two readers, 200 cells: agreement, kappa, error, interval, PABAK, AC1, McNemar (statsmodels)", () => {
  const { kappa, standardError, interval } = cohensKappa(table);
  golden.near([observedAgreement(table), 0.6375, kappa], "kappa");
  golden.near([standardError, interval.low, interval.high], "kappa SE(nonnull),CI");
  golden.near([pabak(table)], "PABAK");
  golden.near([gwetsAc1(table)], "Gwet AC1");
  golden.near([5, mcnemarExact(table)], "McNemar exact [min(b,c),p]");
});

test("weighted kappa of counts 0, 1, 2 (scikit-learn)", () => {
  golden.near([cohensKappa(ordered, { weights: "quadratic" }).kappa], "quadratic weighted kappa");
  golden.near([cohensKappa(ordered, { weights: "linear" }).kappa], "linear weighted kappa");
});

test("with two classes the weights change nothing", () => {
  const plain = cohensKappa(table);
  for (const weights of ["linear", "quadratic"] as const) expect(cohensKappa(table, { weights })).toEqual(plain);
});

test("full agreement is 1 in every measure, with no error; the readers' order does not matter", () => {
  const same = [
    [30, 0],
    [0, 70],
  ];
  expect(cohensKappa(same)).toMatchObject({ kappa: 1, standardError: 0 });
  expect([pabak(same), gwetsAc1(same), mcnemarExact(same)]).toEqual([1, 1, 1]);
  const exchanged = ordered[0]?.map((_, j) => ordered.map((row) => row[j] ?? 0)) ?? [];
  expect(cohensKappa(exchanged, { weights: "linear" }).kappa).toBeCloseTo(
    cohensKappa(ordered, { weights: "linear" }).kappa,
    12,
  );
});

test("rare micronuclei: kappa sinks where AC1 stays, at the same observed agreement of 96 %", () => {
  const rare = [
    [1, 2],
    [2, 95],
  ];
  expect(cohensKappa(rare).kappa).toBeLessThan(0.4);
  expect(gwetsAc1(rare)).toBeGreaterThan(0.95);
});

test("a class that neither reader used does not disturb kappa of the others", () => {
  const padded = [
    [...(table[0] ?? []), 0],
    [...(table[1] ?? []), 0],
    [0, 0, 0],
  ];
  expect(cohensKappa(padded).kappa).toBeCloseTo(cohensKappa(table).kappa, 12);
});

test.each([
  [
    "ONE_OUTCOME_ONLY",
    () =>
      cohensKappa([
        [50, 0],
        [0, 0],
      ]),
  ],
  [
    "TABLE_NOT_SQUARE",
    () =>
      cohensKappa([
        [1, 2, 3],
        [4, 5, 6],
      ]),
  ],
  ["TABLE_NOT_SQUARE", () => cohensKappa([[5]])],
  ["TABLE_NOT_SQUARE", () => mcnemarExact(ordered)],
  [
    "NO_CELLS_COUNTED",
    () =>
      gwetsAc1([
        [0, 0],
        [0, 0],
      ]),
  ],
  [
    "COUNT_INVALID",
    () =>
      pabak([
        [1, -1],
        [0, 4],
      ]),
  ],
])("refuses with %s (%#)", (code, run) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});

test("coverage: kappa's interval holds the true kappa in about 95 % of simulated readings", () => {
  // Cell shares .25, .05, .05, .65: p_o = .9, p_e = .3^2 + .7^2 = .58, kappa = .32 / .42.
  const kappa = 0.32 / 0.42;
  const random = new RandomStream("kappa");
  const readings = 500;
  let covered = 0;
  for (let reading = 0; reading < readings; reading++) {
    const counts = [0, 0, 0, 0];
    for (let cell = 0; cell < 400; cell++) {
      const u = random.uniform();
      const place = [0.25, 0.3, 0.35, 1].findIndex((limit) => u < limit);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    const { low, high } = cohensKappa([counts.slice(0, 2), counts.slice(2)]).interval;
    if (low <= kappa && kappa <= high) covered++;
  }
  expect(Math.abs(covered / readings - 0.95)).toBeLessThan(0.03);
});

test("the error of AC1 is that of the delta method, here with the gradient by differences", () => {
  for (const counts of [table, ordered]) {
    const cells = counts.flat().reduce((sum, count) => sum + count, 0);
    const shares = counts.map((row) => row.map((count) => count / cells));
    // gwetsAc1 takes counts: shares of 10^8 cells move by one in a step.
    const scaled = (i: number, j: number, step: number) =>
      shares.map((row, k) => row.map((share, l) => Math.round(1e8 * share) + (k === i && l === j ? step : 0)));
    const gradient = shares.map((row, i) =>
      row.map((_, j) => (gwetsAc1(scaled(i, j, 50_000)) - gwetsAc1(scaled(i, j, 0))) / (50_000 / 1e8)),
    );
    const weighted = (power: number) =>
      shares
        .flatMap((row, i) => row.map((share, j) => share * (gradient[i]?.[j] ?? 0) ** power))
        .reduce((a, b) => a + b);
    const expected = Math.sqrt((weighted(2) - weighted(1) ** 2) / cells);
    const { ac1, standardError, interval } = gwetsAc1WithInterval(counts);
    expect(ac1).toBeCloseTo(gwetsAc1(counts), 12);
    expect(standardError / expected).toBeCloseTo(1, 2);
    expect(interval.low).toBeCloseTo(ac1 - 1.959964 * standardError, 6);
  }
});
