import { expect, test } from "vitest";
import { LoadQueue } from "./load-queue.ts";
import { createPreloader } from "./preload.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("loads start in order, so many at once, and one that is cancelled before its turn never starts", async () => {
  const queue = new LoadQueue(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const cancels = [0, 1, 2, 3, 4].map((number) =>
    queue.add(() => {
      started.push(number);
      return new Promise((resolve) => ends.push(resolve));
    }),
  );
  await turn();
  expect(started).toEqual([0, 1]);
  cancels[2]!();
  ends[0]!();
  await turn();
  expect(started).toEqual([0, 1, 3]);
});

test("one that is cancelled under way hears of it, and one that fails makes room", async () => {
  const queue = new LoadQueue(1);
  let aborted = false;
  const cancel = queue.add(async (signal) => {
    await new Promise((_, reject) => signal.addEventListener("abort", reject));
  });
  let second = false;
  queue.add(async (signal) => {
    second = true;
    aborted = signal.aborted;
  });
  await turn();
  expect(second).toBe(false);
  cancel();
  await turn();
  expect([second, aborted]).toEqual([true, false]);
});

test("the preloader fetches each image once and lets go of what is passed", async () => {
  const asked: string[] = [];
  const ended: string[] = [];
  const preloader = createPreloader((address, signal) => {
    asked.push(address);
    signal.addEventListener("abort", () => ended.push(address));
    return Promise.resolve();
  });
  preloader.want(["a", "b"]);
  preloader.want(["b", "c"]);
  expect(asked).toEqual(["a", "b", "c"]);
  expect(ended).toEqual(["a"]);
});

test("an image that could not be fetched is tried again", async () => {
  let tries = 0;
  const preloader = createPreloader(async () => {
    tries++;
    throw new Error("no answer");
  });
  preloader.want(["a"]);
  await turn();
  preloader.want(["a"]);
  expect(tries).toBe(2);
});
