import { expect, test } from "vitest";
import { actionOfKey, type KeyPress } from "./keys.ts";

function press(key: string, given: Partial<KeyPress> = {}): ReturnType<typeof actionOfKey> {
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : "";
  return actionOfKey({
    key,
    code,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    ...given,
  });
}

test("0 to 9 count micronuclei, on the digit row and on the number pad", () => {
  for (let micronuclei = 0; micronuclei <= 9; micronuclei++) {
    expect(press(String(micronuclei), { code: `Digit${micronuclei}` })).toEqual({ do: "count", micronuclei });
    expect(press(String(micronuclei), { code: `Numpad${micronuclei}` })).toEqual({ do: "count", micronuclei });
  }
});

test("on a French keyboard the digit row counts with and without Shift, also where its sign is ours", () => {
  expect(press("&", { code: "Digit1" })).toEqual({ do: "count", micronuclei: 1 });
  expect(press("-", { code: "Digit6" })).toEqual({ do: "count", micronuclei: 6 });
  expect(press("1", { code: "Digit1", shiftKey: true })).toEqual({ do: "count", micronuclei: 1 });
});

test("on an English keyboard Shift and a digit is no count", () => {
  expect(press("!", { code: "Digit1", shiftKey: true })).toBeNull();
});

test("letters work on layouts without Latin letters, by their place", () => {
  expect(press("т", { code: "KeyN" })).toEqual({ do: "normal" });
  expect(press("N", { code: "KeyN", shiftKey: true })).toEqual({ do: "normal" });
});

test("M is mononucleate, Shift and M multinucleate, B takes either back", () => {
  expect(press("m")).toEqual({ do: "mononucleate" });
  expect(press("M", { shiftKey: true })).toEqual({ do: "multinucleate" });
  expect(press("b")).toEqual({ do: "binucleate" });
});

test("a key that is held down moves on, but decides once", () => {
  expect(press("ArrowRight", { repeat: true })).toEqual({ do: "move", to: "next" });
  for (const key of ["0", "n", "m", "u", "z", "g"]) expect(press(key, { repeat: true })).toBeNull();
});

test("Space goes on, with Shift back", () => {
  expect(press(" ")).toEqual({ do: "move", to: "next" });
  expect(press(" ", { shiftKey: true })).toEqual({ do: "move", to: "previous" });
});

test("the browser keeps its own keys; Ctrl or Cmd and Z is undo", () => {
  for (const key of ["r", "f", "a", "0", "+", "-"]) expect(press(key, { ctrlKey: true, code: "Digit0" })).toBeNull();
  expect(press("z", { ctrlKey: true })).toEqual({ do: "undo" });
  expect(press("z", { metaKey: true })).toEqual({ do: "undo" });
  expect(press("F5")).toBeNull();
  expect(press("Tab")).toBeNull();
});

test("brackets that need AltGr change the overlay's strength too", () => {
  expect(press("]", { ctrlKey: true, altKey: true, code: "Digit9" })).toEqual({ do: "stronger" });
  expect(press("[")).toEqual({ do: "fainter" });
});
