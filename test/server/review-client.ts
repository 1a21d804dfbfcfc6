import { randomUUID } from "node:crypto";
import { request } from "node:http";
import type { Cell, CellList, Labelled, NewLabel, Queue, QueueName } from "../../src/server/api/cells.ts";
import type { ServerEvent } from "../../src/server/api/events.ts";
import { type Answer, ask } from "./ask.ts";

/** Where a server listens, and what it lets in. */
export interface Door {
  readonly port: number;
  readonly token: string | null;
}

/** A reader's window, without the window. */
export class ReviewClient {
  readonly #door: Door;
  readonly reader: string;

  constructor(door: Door, reader: string) {
    this.#door = door;
    this.reader = reader;
  }

  /** One request and its answer, whatever it is. */
  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { ...this.#headers(), ...(body !== undefined && { "content-type": "application/json" }) };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return await ask(this.#door.port, { method, path: `/api/${path}`, headers, ...sent });
  }

  /** The answer's content; a refused request throws. */
  async get<Content>(path: string): Promise<Content> {
    return this.#content(await this.ask("GET", path));
  }

  async send<Content>(method: string, path: string, body: unknown): Promise<Content> {
    return this.#content(await this.ask(method, path, body));
  }

  async cells(study: number, queue: QueueName, query = ""): Promise<CellList> {
    return await this.get<CellList>(`studies/${study}/cells?queue=${queue}${query}`);
  }

  async queue(study: number, name: QueueName, query = ""): Promise<Queue | undefined> {
    const { queues } = await this.get<{ queues: Queue[] }>(`studies/${study}/queues?${query}`);
    return queues.find((queue) => queue.name === name);
  }

  /** `micronuclei`: a number found, 0 for a normal cell. */
  async label(study: number, cellId: number, micronuclei: number, queue: QueueName | null = null): Promise<Cell> {
    const { cells } = await this.send<Labelled>("POST", `studies/${study}/labels`, {
      labels: [labelOf(cellId, micronuclei, queue)],
    });
    const [cell] = cells;
    if (cell === undefined) throw new Error("The answer has no cell.");
    return cell;
  }

  /** Follows the server's events; `heard` grows until `stop`. */
  async listen(): Promise<{ readonly heard: ServerEvent[]; readonly stop: () => void }> {
    const heard: ServerEvent[] = [];
    return await new Promise((opened, failed) => {
      const asked = request(
        { host: "127.0.0.1", port: this.#door.port, path: "/api/events", headers: this.#headers(), agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (piece: string) => {
            const events = (text + piece).split("\n\n");
            text = events.pop() ?? "";
            for (const event of events) if (event.startsWith("data: ")) heard.push(JSON.parse(event.slice(6)));
            opened({ heard, stop: () => asked.destroy() });
          });
          response.on("error", () => {});
        },
      );
      asked.on("error", failed);
      asked.end();
    });
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#door.token}`, "x-reader": encodeURIComponent(this.reader) };
  }

  #content<Content>({ status, body }: Answer): Content {
    if (status >= 300) throw new Error(`${status}: ${body}`);
    return (body === "" ? undefined : JSON.parse(body)) as Content;
  }
}

/** A decision with a key of its own. */
export function labelOf(cellId: number, micronuclei: number, queue: QueueName | null = null): NewLabel {
  const finding = micronuclei === 0 ? "normal" : "mn";
  return { key: randomUUID(), cellId, finding, micronuclei, reason: null, queue };
}
