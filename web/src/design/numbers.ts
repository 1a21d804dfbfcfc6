const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count with thousands separated: 12,345. */
export function countText(value: number): string {
  return WHOLE.format(value);
}

/** A number with `digits` decimals, all of them written: 0.950 for 3; a minus as it is printed, and none before zero. */
export function decimalText(value: number, digits: number): string {
  return decimalFormat(digits).format(value).replace("-", "\u2212");
}

/** Making a format takes longer than using it a hundred times. */
const decimalFormats = new Map<number, Intl.NumberFormat>();

function decimalFormat(digits: number): Intl.NumberFormat {
  const known = decimalFormats.get(digits);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "negative",
  });
  decimalFormats.set(digits, made);
  return made;
}

/** A share of 0 to 1 as a percentage: "94.2 %", with a space that does not break. */
export function percentText(share: number, digits = 1): string {
  return `${decimalText(share * 100, digits)}\u00a0%`;
}

/** A p value: "p = 0.023", "p < 0.001". */
export function pValueText(p: number): string {
  return p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${decimalText(p, 3)}`;
}

/** How long something takes, roughly: "12 s", "4 min", "1 h 20 min". */
export function durationText(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes in the unit that keeps the number short: "3.4 MB". 1 MB = 10^6 bytes. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${decimalText(value, power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`;
}

/** A count with its noun: "1 cell", "3 cells". */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : many}`;
}

/** An ISO time as a day in the person's own way of writing it. */
export function dayText(iso: string): string {
  return new Date(iso).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}
