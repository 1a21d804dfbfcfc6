import { UsageError } from "../core/errors.ts";
import { isLoopback } from "../server/security.ts";
import { builtWebFolder, type RunningReview, startReview } from "../server/start-review.ts";
import type { Console } from "./console.ts";
import { openInBrowser } from "./open-in-browser.ts";
import type { ReviewOptions } from "./review.ts";
import { versionOfPackage } from "./version.ts";
import { clock } from "./workspace-options.ts";

/** Starts the review application and stays until it is told to end. */
export async function runReview(options: ReviewOptions, console: Console): Promise<void> {
  const tlsOrigin = options.behindTls === undefined ? null : tlsOriginOf(options.behindTls);
  const review = await startReview({
    folder: options.workspace,
    port: options.port ?? null,
    listen: options.listen,
    tlsOrigin,
    webFolder: builtWebFolder(),
    version: versionOfPackage(),
    now: clock,
    message: console.message,
  });
  if (!isLoopback(options.listen) && tlsOrigin === null)
    console.message(
      "Other machines can reach this server, and nothing is encrypted: put a proxy with TLS in front of it and give --behind-tls.",
    );
  announce(review, console);
  if (options.open && !console.json) openInBrowser(review.addressForOnce());
  await untilToldToEnd();
  console.message("Ending ...");
  await review.close();
}

/** One line for a script that waits for it, or for a person. */
function announce({ address, token, port }: RunningReview, console: Console): void {
  if (console.json) process.stdout.write(`${JSON.stringify({ address, token, port, pid: process.pid })}\n`);
  else console.print(`Review: ${address}\nCtrl-C ends it. Every decision is on the disk before the screen says so.`);
}

function tlsOriginOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:" && url.pathname === "/" && url.search === "" && url.username === "") return url.origin;
  throw new UsageError(
    "TLS_ORIGIN_INVALID",
    `"${text}" is not the origin of a TLS proxy. Give it as browsers have it: https://NAME or https://NAME:PORT.`,
  );
}

/** What ends a group of processes reaches us twice, directly and through the one that started us: one request, not two. */
const SAME_REQUEST_MILLISECONDS = 1_000;

/** Resolves at the first Ctrl-C or request to end; a later one ends the program at once. */
function untilToldToEnd(): Promise<void> {
  return new Promise((done) => {
    let toldAt: number | undefined;
    const told = (): void => {
      toldAt ??= performance.now();
      if (performance.now() - toldAt > SAME_REQUEST_MILLISECONDS) process.exit(130);
      done();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, told);
  });
}
