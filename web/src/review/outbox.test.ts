import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cell } from "../../../src/server/api/cells.ts";
import { drawnCell } from "./drawn-cell.test-data.ts";
import { type Decision, Outbox, type OutboxStore, type SendFailure } from "./outbox.ts";

/** A server that writes each key once, in the order of arrival, and fails as it is told to. */
function server() {
  const written: Decision[] = [];
  const failures: ("gone" | "refused" | "locked" | "answer lost")[] = [];
  const refusedKeys = new Set<string>();
  const batches: number[] = [];
  const send = async (batch: readonly Decision[]): Promise<readonly Cell[]> => {
    await Promise.resolve();
    const failure = failures.shift();
    if (failure === "gone" || failure === "locked") throw new Failure(failure);
    if (failure === "refused" || batch.some(({ key }) => refusedKeys.has(key))) throw new Failure("refused");
    batches.push(batch.length);
    for (const decision of batch) if (!written.some(({ key }) => key === decision.key)) written.push(decision);
    if (failure === "answer lost") throw new Failure("gone");
    return batch.map(({ cellId }) => drawnCell(cellId));
  };
  return { written, failures, refusedKeys, batches, send };
}

class Failure extends Error {
  readonly kind: SendFailure["kind"];
  constructor(kind: SendFailure["kind"]) {
    super(`${kind} by the test`);
    this.kind = kind;
  }
}

function memoryStore(kept = new Map<string, Decision>()): OutboxStore & { readonly kept: Map<string, Decision> } {
  return {
    kept,
    load: async () => [...kept.values()].sort((a, b) => a.order - b.order),
    put: async (decision) => void kept.set(decision.key, decision),
    remove: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
  };
}

let keys = 0;

function outboxOf(
  send: (batch: readonly Decision[]) => Promise<readonly Cell[]>,
  store = memoryStore(),
  sitting = "Anna",
) {
  const outbox = new Outbox({
    store,
    send,
    failureOf: (error) => ({ kind: (error as Failure).kind, message: (error as Failure).message }),
    mayBeSent: (reader) => reader === sitting,
    newKey: () => `key-${++keys}`,
    now: () => 1000,
    soon: (act) => act(),
    wait: async () => {},
  });
  return { outbox, store };
}

function label(cellId: number, micronuclei: number, reader = "Anna", studyId = 1) {
  const finding = micronuclei === 0 ? "normal" : "mn";
  return { kind: "label", reader, studyId, cellId, finding, micronuclei, reason: null, queue: "all" } as const;
}

async function settled(outbox: Outbox): Promise<void> {
  for (let turn = 0; turn < 500 && outbox.state.waiting > 0; turn++)
    await new Promise((resolve) => setTimeout(resolve));
}

test("a decision is pending until the server has answered, and is forgotten by the browser only then", async () => {
  const { send, written } = server();
  const { outbox, store } = outboxOf(send);
  outbox.add(label(7, 2));
  expect(outbox.pendingOf(7)).toMatchObject({ micronuclei: 2 });
  expect(store.kept.size).toBe(1);
  await settled(outbox);
  expect(outbox.pendingOf(7)).toBeUndefined();
  expect(written).toMatchObject([{ cellId: 7, micronuclei: 2 }]);
  expect(store.kept.size).toBe(0);
});

test("an answer that is lost on its way doubles nothing: the same key comes again", async () => {
  const { send, written, failures } = server();
  failures.push("answer lost");
  const { outbox } = outboxOf(send);
  outbox.add(label(7, 1));
  await settled(outbox);
  expect(written.map(({ cellId }) => cellId)).toEqual([7]);
});

test("with the server gone it says so, keeps everything, and goes on in order when it is back", async () => {
  const { send, written, failures } = server();
  failures.push("gone", "gone", "gone");
  const { outbox, store } = outboxOf(send);
  const states: string[] = [];
  outbox.subscribe(() => states.push(`${outbox.state.connection} ${outbox.state.waiting}`));
  for (const cellId of [1, 2, 3]) outbox.add(label(cellId, cellId));
  await new Promise((resolve) => setTimeout(resolve));
  expect(states).toContain("gone 3");
  await settled(outbox);
  expect(outbox.state).toMatchObject({ connection: "open", waiting: 0 });
  expect(written.map(({ cellId }) => cellId)).toEqual([1, 2, 3]);
  expect(store.kept.size).toBe(0);
});

test("what a closed window left is sent by the next one, before what is decided there", async () => {
  const store = memoryStore();
  const first = outboxOf(async () => await new Promise(() => {}), store);
  first.outbox.add(label(1, 1));
  first.outbox.add(label(2, 0));
  const { send, written } = server();
  const second = outboxOf(send, store);
  await second.outbox.start();
  second.outbox.add(label(3, 3));
  await settled(second.outbox);
  expect(written.map(({ cellId }) => cellId)).toEqual([1, 2, 3]);
});

test("decisions of a reader who is not there stay where they are", async () => {
  const store = memoryStore();
  outboxOf(async () => await new Promise(() => {}), store, "Ben").outbox.add(label(1, 1, "Ben"));
  const { send, written } = server();
  const { outbox } = outboxOf(send, store, "Anna");
  await outbox.start();
  expect(outbox.state).toMatchObject({ waiting: 0, ofOthers: 1 });
  expect(written).toEqual([]);
  expect(store.kept.size).toBe(1);
});

test("a backlog goes in batches of at most 50 that never mix studies, and an undo goes alone, in its place", async () => {
  const { send, written, batches, failures } = server();
  failures.push("gone");
  const { outbox } = outboxOf(send);
  for (let cellId = 0; cellId < 60; cellId++) outbox.add(label(cellId, 1));
  outbox.add({ kind: "undo", reader: "Anna", studyId: 1, cellId: 59, takesBack: null });
  outbox.add(label(60, 1, "Anna", 2));
  outbox.add(label(61, 1));
  await settled(outbox);
  expect(batches).toEqual([50, 10, 1, 1, 1]);
  expect(written.map(({ cellId }) => cellId)).toEqual([...Array(60).keys(), 59, 60, 61]);
});

test("one refused decision is shown and does not hold up the others of its batch", async () => {
  const { send, written, failures, refusedKeys } = server();
  failures.push("gone");
  const { outbox, store } = outboxOf(send);
  const kept = [1, 2, 3].map((cellId) => outbox.add(label(cellId, 1)));
  refusedKeys.add(kept[1]!.key);
  await settled(outbox);
  expect(written.map(({ cellId }) => cellId)).toEqual([1, 3]);
  expect(outbox.state.refused).toMatchObject([{ decision: { cellId: 2 }, message: "refused by the test" }]);
  expect([...store.kept.keys()]).toEqual([kept[1]!.key]);
  outbox.dismissRefused();
  expect(outbox.state.refused).toEqual([]);
  expect(store.kept.size).toBe(0);
});

test("taking back a refused decision never reaches the server, where it would hit an older label", async () => {
  for (const when of ["before the refusal", "after it"]) {
    const { send, written, failures } = server();
    failures.push("refused");
    const { outbox, store } = outboxOf(send);
    const { key } = outbox.add(label(5, 3));
    if (when === "after it") await settled(outbox);
    outbox.add({ kind: "undo", reader: "Anna", studyId: 1, cellId: 5, takesBack: key });
    await settled(outbox);
    expect(written, when).toEqual([]);
    expect(outbox.state.refused, when).toEqual([]);
    expect(store.kept.size, when).toBe(0);
  }
});

test("a log-in that ran out keeps decisions until somebody logs in again", async () => {
  const { send, written, failures } = server();
  failures.push("locked");
  const { outbox } = outboxOf(send);
  const states: string[] = [];
  outbox.subscribe(() => states.push(outbox.state.connection));
  outbox.add(label(1, 1));
  await settled(outbox);
  expect(states).toContain("locked");
  expect(written).toHaveLength(1);
});

test("a browser that keeps nothing is told of, and decisions arrive all the same", async () => {
  const { send, written } = server();
  const refuses = async (): Promise<never> => await Promise.reject(new Error("no storage"));
  const store = { ...memoryStore(), load: refuses, put: refuses, remove: refuses };
  const { outbox } = outboxOf(send, store);
  outbox.add(label(1, 1));
  await settled(outbox);
  await new Promise((resolve) => setTimeout(resolve));
  expect(written).toHaveLength(1);
  expect(outbox.state.lasting).toBe(false);
});

test("however the connection fails, every decision is written once and in order", async () => {
  const failure = fc.constantFrom("gone" as const, "answer lost" as const, "locked" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(failure, { maxLength: 12 }), fc.integer({ min: 1, max: 70 }), async (failed, count) => {
      const { send, written, failures } = server();
      failures.push(...failed);
      const { outbox, store } = outboxOf(send);
      for (let cellId = 0; cellId < count; cellId++) {
        outbox.add(label(cellId, 1));
        if (cellId % 7 === 0) await Promise.resolve();
      }
      await settled(outbox);
      expect(written.map(({ cellId }) => cellId)).toEqual([...Array(count).keys()]);
      expect(store.kept.size).toBe(0);
    }),
    { numRuns: 40 },
  );
});
