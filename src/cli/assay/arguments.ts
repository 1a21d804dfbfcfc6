import { InvalidArgumentError } from "commander";

/** A counted part of a counted whole, "31/2000" on the command line. */
export type Fraction = { readonly part: number; readonly whole: number };

/** Reads "31/2000". */
export function fraction(text: string): Fraction {
  const [, part, whole] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? [];
  if (part !== undefined && whole !== undefined) return { part: Number(part), whole: Number(whole) };
  throw new InvalidArgumentError("Expected two whole numbers such as 31/2000.");
}

/** Reads "0,1.25,2.5". */
export function numberList(text: string): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new InvalidArgumentError("Expected numbers with commas between them, such as 0,1.25,2.5.");
}

/** Reads "12,15,24". */
export function wholeNumberList(text: string): number[] {
  const numbers = text.split(",").map((part) => part.trim());
  if (numbers.every((part) => /^\d+$/.test(part))) return numbers.map(Number);
  throw new InvalidArgumentError("Expected whole numbers with commas between them, such as 12,15,24.");
}
