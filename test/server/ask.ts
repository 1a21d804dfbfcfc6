import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface Question {
  readonly method?: string;
  /** Sent as it is: nothing resolves "..", nothing is encoded. */
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own, with exactly these headers (and Host, where they have none). */
export function ask(port: number, { method = "GET", path = "/", headers = {}, body }: Question = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, async (response) => {
      done({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
    });
    asked.on("error", failed);
    asked.end(body);
  });
}

/** What comes back for bytes that no proper client would send. */
export function askRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

/** The code of a refused request's answer. */
export function codeOf({ body }: Answer): string {
  return (JSON.parse(body) as { code: string }).code;
}
