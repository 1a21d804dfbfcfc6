import { describe, expect, test } from "vitest";
import { selectDevice } from "./devices.ts";
import { type Candidate, greatestDeviation, runSelfTest, type SelfTestResult } from "./self-test.ts";
import type { Device } from "./session.ts";

/** A runtime with these accelerators: how each answers, and in how many milliseconds. */
function machine(answers: Readonly<Record<string, (() => SelfTestResult) | undefined>>) {
  const tried: string[] = [];
  const messages: string[] = [];
  const nameOf = ({ device, blockSize }: Candidate) => (blockSize === 0 ? device : `${device} ${blockSize}`);
  const options = {
    run: async (candidate: Candidate): Promise<SelfTestResult> => {
      tried.push(nameOf(candidate));
      const answer = answers[nameOf(candidate)];
      if (answer === undefined) throw new Error(`no kernels for ${nameOf(candidate)}`);
      return answer();
    },
    absence: (device: Device) => (device in answers ? null : "it is not here"),
  };
  const select = async (wanted: "auto" | Device, portable = false) =>
    await selectDevice(wanted, (message) => messages.push(message), { ...options, portable });
  return { select, tried, messages };
}

const result = (numbers: readonly number[], milliseconds = 10) => ({
  outputs: [Float32Array.from(numbers)],
  milliseconds,
});
const right = (milliseconds?: number) => () => result([1, 2, 3], milliseconds);
const wrong = () => result([1, 2.5, 3]);

describe("a device that was asked for", () => {
  test("is used when its results are the CPU's", async () => {
    const { select, messages } = machine({ cpu: right(), cuda: right() });
    expect(await select("cuda")).toEqual({ device: "cuda", blockSize: 0 });
    expect(messages).toEqual([]);
  });

  test("is used when it is slower, since it was asked for", async () => {
    const { select } = machine({ cpu: right(10), webgpu: right(50) });
    expect(await select("webgpu")).toEqual({ device: "webgpu", blockSize: 0 });
  });

  test.each([
    ["is wrong", wrong, /differ from the CPU's by 0\.16/],
    ["gives NaN", () => result([1, Number.NaN, 3]), /differ/],
    ["gives too few numbers", () => result([1, 2]), /differ/],
    ["gives nothing", () => ({ outputs: [], milliseconds: 1 }), /differ/],
    ["throws", undefined, /no kernels for cuda/],
  ] as const)("is refused with a message when it %s, and the CPU is used", async (_, answer, reason) => {
    const { select, messages } = machine({ cpu: right(), cuda: answer });
    expect(await select("cuda")).toEqual({ device: "cpu", blockSize: 0 });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^The device "cuda" cannot be used: /);
    expect(messages[0]).toMatch(reason);
    expect(messages[0]).toMatch(/The CPU is used instead\.$/);
  });

  test("is not even tried where it cannot be", async () => {
    const { select, tried, messages } = machine({ cpu: right() });
    await select("coreml");
    expect(tried).not.toContain("coreml");
    expect(messages).toEqual(['The device "coreml" cannot be used: it is not here. The CPU is used instead.']);
  });

  test("may round its products to ten bits", async () => {
    const { select } = machine({ cpu: right(), cuda: () => result([1.001, 2.002, 2.998]) });
    expect((await select("cuda")).device).toBe("cuda");
  });
});

describe("auto", () => {
  test("takes the first accelerator that is right and not slower, silently", async () => {
    const { select, messages } = machine({ cpu: right(10), cuda: wrong, dml: right(30), webgpu: right(5) });
    expect(await select("auto")).toEqual({ device: "webgpu", blockSize: 0 });
    expect(messages).toEqual([]);
  });

  test("takes the CPU where there is nothing else", async () => {
    const { select, messages } = machine({ cpu: right() });
    expect((await select("auto")).device).toBe("cpu");
    expect(messages).toEqual([]);
  });
});

describe("the blocked layout", () => {
  test("is used in blocks of 16 where that is right", async () => {
    const { select } = machine({ cpu: right(), "cpu 16": right(), "cpu 8": right() });
    expect(await select("cpu")).toEqual({ device: "cpu", blockSize: 16 });
  });

  test("is used in blocks of 8 where 16 is wrong", async () => {
    const { select } = machine({ cpu: right(), "cpu 16": wrong, "cpu 8": right() });
    expect(await select("auto")).toEqual({ device: "cpu", blockSize: 8 });
  });

  test("is left out, without a message, where the kernels are missing", async () => {
    const { select, messages } = machine({ cpu: right() });
    expect(await select("cpu")).toEqual({ device: "cpu", blockSize: 0 });
    expect(messages).toEqual([]);
  });

  test("is not tried in portable mode", async () => {
    const { select, tried } = machine({ cpu: right(), "cpu 16": right() });
    expect(await select("cpu", true)).toEqual({ device: "cpu", blockSize: 0 });
    expect(tried).toEqual(["cpu"]);
  });
});

test("on this machine the CPU is chosen, and blocks of the other size are found out", async () => {
  const { device, blockSize } = await selectDevice("cpu", () => {});
  expect(device).toBe("cpu");
  const reference = await runSelfTest({ device: "cpu", blockSize: 0 });
  const deviationOf = async (size: 0 | 8 | 16) =>
    greatestDeviation((await runSelfTest({ device: "cpu", blockSize: size })).outputs, reference.outputs);
  expect(await deviationOf(blockSize)).toBeLessThan(1e-5);
  // A processor has one size of blocks; the other one mixes channels up or has no kernels.
  if (blockSize === 16) expect(await deviationOf(8)).toBeGreaterThan(0.1);
});

test("the self-test's numbers are worth comparing: no output is zero, and none is the same everywhere", async () => {
  const { outputs } = await runSelfTest({ device: "cpu", blockSize: 0 });
  expect(outputs).toHaveLength(5);
  for (const output of outputs) expect(new Set(output).size).toBeGreaterThan(output.length / 2);
});

test("deviation is relative to the greatest number of its own output, and infinite where numbers are missing", () => {
  const deviation = (tested: readonly number[][], reference: readonly number[][]) => {
    const arrays = (outputs: readonly number[][]) => outputs.map((output) => Float32Array.from(output));
    return greatestDeviation(arrays(tested), arrays(reference));
  };
  expect(deviation([[1, 2], [300]], [[1, 2], [300]])).toBe(0);
  expect(deviation([[1, 2.5], [300]], [[1, 2], [300]])).toBe(0.25);
  expect(deviation([[1, 2], [297]], [[1, 2], [300]])).toBeCloseTo(0.01, 12);
  for (const broken of [[[1, Number.NaN], [300]], [[1, 2]], [[1], [300]], []]) {
    expect(deviation(broken, [[1, 2], [300]])).toBe(Number.POSITIVE_INFINITY);
  }
});
