import type { Decision, OutboxStore } from "./outbox.ts";

const DATABASE = "micronuclei-review";
const DECISIONS = "decisions";

/**
 * Decisions in the browser's own database, flushed to the disk (`durability: "strict"`). All windows of the browser share
 * it; since a key is written once whoever sends it, two of them sending the same decision do no harm.
 */
export function indexedDbStore(factory: IDBFactory): OutboxStore {
  let opened: Promise<IDBDatabase> | null = null;
  const database = (): Promise<IDBDatabase> => (opened ??= open(factory));
  return {
    load: async () => {
      const transaction = (await database()).transaction(DECISIONS, "readonly");
      const decisions = await answered<Decision[]>(transaction.objectStore(DECISIONS).getAll());
      return decisions.sort((a, b) => a.order - b.order);
    },
    put: async (decision) => await write(await database(), (store) => store.put(decision)),
    remove: async (keys) =>
      await write(await database(), (store) => {
        for (const key of keys) store.delete(key);
      }),
  };
}

async function open(factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(DECISIONS, { keyPath: "key" });
  return await answered(request);
}

async function write(database: IDBDatabase, change: (store: IDBObjectStore) => void): Promise<void> {
  const transaction = database.transaction(DECISIONS, "readwrite", { durability: "strict" });
  change(transaction.objectStore(DECISIONS));
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

async function answered<T>(request: IDBRequest<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
