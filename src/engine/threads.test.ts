import { expect, test } from "vitest";
import { defaultThreads } from "./threads.ts";

const filesOf = (files: Readonly<Record<string, string>>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`no ${path}`);
  return text;
};
const siblings = (processor: number) => `/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`;
const ONLINE = "/sys/devices/system/cpu/online";

test("one thread for each core: hyper-threads of a core count once", () => {
  const files = {
    [ONLINE]: "0-2,5\n",
    [siblings(0)]: "0,2\n",
    [siblings(1)]: "1,5\n",
    [siblings(2)]: "0,2\n",
    [siblings(5)]: "1,5\n",
  };
  expect(defaultThreads("linux", filesOf(files), 4)).toBe(2);
});

test("two virtual processors that are nobody's siblings are two cores", () => {
  const files = { [ONLINE]: "0-1\n", [siblings(0)]: "0\n", [siblings(1)]: "1\n" };
  expect(defaultThreads("linux", filesOf(files), 2)).toBe(2);
});

test("no more threads than the process may use, and those where the system does not say", () => {
  const files = { [ONLINE]: "0-1\n", [siblings(0)]: "0\n", [siblings(1)]: "1\n" };
  expect(defaultThreads("linux", filesOf(files), 1)).toBe(1);
  expect(defaultThreads("linux", filesOf({}), 6)).toBe(6);
});

test("elsewhere the runtime counts", () => {
  expect(defaultThreads("darwin", filesOf({}), 8)).toBe(0);
  expect(defaultThreads("win32", filesOf({}), 8)).toBe(0);
});
