import { expect, test } from "vitest";
import { LoginThrottle } from "./login-throttle.ts";

/** A throttle at a clock that is moved by hand. */
function throttleAt(start: string) {
  let time = new Date(start).getTime();
  const throttle = new LoginThrottle(() => new Date(time));
  return { throttle, pass: (seconds: number) => (time += seconds * 1000) };
}

test("the waits double from one second to a quarter of an hour", () => {
  const { throttle, pass } = throttleAt("2026-01-01T00:00:00Z");
  for (let n = 0; n < 5; n++) expect(throttle.attempt("10.0.0.1", "Ada")).toBe(0);
  const waits = Array.from({ length: 12 }, () => {
    const wait = throttle.attempt("10.0.0.1", "Ada");
    pass(wait);
    expect(throttle.attempt("10.0.0.1", "Ada")).toBe(0);
    return wait;
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

test("an attempt that was refused counts for nothing: asking again does not lengthen the wait", () => {
  const { throttle, pass } = throttleAt("2026-01-01T00:00:00Z");
  for (let n = 0; n < 6; n++) throttle.attempt("10.0.0.1", "Ada");
  for (let n = 0; n < 100; n++) expect(throttle.attempt("10.0.0.1", "Ada")).toBe(1);
  pass(1);
  expect(throttle.attempt("10.0.0.1", "Ada")).toBe(0);
});

test("another person, or the same person elsewhere, does not wait", () => {
  const { throttle } = throttleAt("2026-01-01T00:00:00Z");
  for (let n = 0; n < 6; n++) throttle.attempt("10.0.0.1", "Ada");
  expect(throttle.attempt("10.0.0.1", "Ben")).toBe(0);
  expect(throttle.attempt("10.0.0.2", "Ada")).toBe(0);
});

test("one machine that tries many names waits after thirty, one name from many machines after a hundred", () => {
  const names = throttleAt("2026-01-01T00:00:00Z").throttle;
  for (let n = 0; n < 30; n++) expect(names.attempt("10.0.0.1", `name ${n}`)).toBe(0);
  expect(names.attempt("10.0.0.1", "name 31")).toBe(1);
  const machines = throttleAt("2026-01-01T00:00:00Z").throttle;
  for (let n = 0; n < 100; n++) expect(machines.attempt(`10.0.1.${n}`, "Ada")).toBe(0);
  expect(machines.attempt("10.0.2.1", "Ada")).toBe(1);
});

test("who logs in after a slip or two never waits, nor does the machine that many use", () => {
  const { throttle } = throttleAt("2026-01-01T00:00:00Z");
  for (let day = 0; day < 200; day++) {
    for (let n = 0; n < 3; n++) expect(throttle.attempt("10.0.0.1", "Ada")).toBe(0);
    throttle.succeeded("10.0.0.1", "Ada");
  }
});

test("failures are forgotten after an hour of rest", () => {
  const { throttle, pass } = throttleAt("2026-01-01T00:00:00Z");
  for (let n = 0; n < 5; n++) throttle.attempt("10.0.0.1", "Ada");
  pass(3601);
  for (let n = 0; n < 5; n++) expect(throttle.attempt("10.0.0.1", "Ada")).toBe(0);
  expect(throttle.attempt("10.0.0.1", "Ada")).toBe(1);
});
