import { expect, test } from "vitest";
import { PAGE_STYLE } from "./style.ts";

/** Relative luminance of #rgb or #rrggbb (WCAG 2.2). */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.match(/[^#]{2}/g);
  const [red, green, blue] = (digits ?? []).map((pair) => {
    const channel = Number.parseInt(pair, 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colours of the three schemes, in the order of the style sheet: light, dark, print. */
const schemes = [...PAGE_STYLE.matchAll(/:root\{([^}]*)\}/g)].map(([, body = ""]) =>
  Object.fromEntries(
    [...body.matchAll(/--([\w-]+):(#[0-9a-f]+)/g)].map(([, name = "", colour = ""]) => [name, colour]),
  ),
);

test("the measure itself: black on white is 21, equal colours are 1", () => {
  expect(contrast("#000", "#ffffff")).toBeCloseTo(21, 10);
  expect(contrast("#b34700", "#b34700")).toBe(1);
});

test.each([
  ["light", 0],
  ["dark", 1],
  ["print", 2],
])("every colour of text and of data has a contrast of at least 4.5 in the %s scheme", (_, index) => {
  const scheme = schemes[index] ?? {};
  const on = (front: string, back: string): number => contrast(scheme[front] as string, scheme[back] as string);
  for (const front of ["text", "quiet", "positive", "negative", "third"]) {
    expect(on(front, "page"), `${front} on page`).toBeGreaterThanOrEqual(4.5);
    expect(on(front, "card"), `${front} on card`).toBeGreaterThanOrEqual(4.5);
  }
  expect(on("text", "note")).toBeGreaterThanOrEqual(4.5);
});
