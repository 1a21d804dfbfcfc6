import { expect, test } from "vitest";
import { BoundedCache } from "./bounded-cache.ts";
import { Turnstile } from "./turnstile.ts";

test("two at once, then the newest first; what nobody waits for is left out", async () => {
  const turnstile = new Turnstile(2);
  const begun: string[] = [];
  const release: (() => void)[] = [];
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => release.push(() => resolve(name)));
  };
  const wanted = () => true;
  const passing = ["a", "b", "c", "d", "e"].map((name) =>
    turnstile.pass(name === "d" ? () => false : wanted, work(name)),
  );
  expect(begun).toEqual(["a", "b"]);
  for (let turn = 0; turn < 4; turn++) {
    release[turn]?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(begun).toEqual(["a", "b", "e", "c"]);
  expect(await Promise.all(passing)).toEqual(["a", "b", "c", null, "e"]);
});

test("work that fails leaves its place", async () => {
  const turnstile = new Turnstile(1);
  await expect(
    turnstile.pass(
      () => true,
      async () => Promise.reject(new Error("no")),
    ),
  ).rejects.toThrow("no");
  expect(
    await turnstile.pass(
      () => true,
      async () => 1,
    ),
  ).toBe(1);
});

test("a cache of size 10 forgets what was used longest ago, and keeps nothing larger than itself", () => {
  const cache = new BoundedCache<string>(10);
  cache.set("a", "A", 4);
  cache.set("b", "B", 4);
  cache.get("a");
  cache.set("c", "C", 4);
  cache.set("huge", "H", 11);
  expect(["a", "b", "c", "huge"].map((key) => cache.get(key))).toEqual(["A", undefined, "C", undefined]);
});
