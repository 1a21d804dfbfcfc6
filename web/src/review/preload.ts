/** Images that are fetched and decoded before they are needed. */
export interface Preloader {
  /** Wants these addresses, the most urgent first; what is no longer wanted is let go. */
  want(addresses: readonly string[]): void;
}

/** `decoded` makes the image of an address ready to be painted, and ends early with the signal. */
export function createPreloader(decoded: (address: string, signal: AbortSignal) => Promise<unknown>): Preloader {
  const held = new Map<string, { readonly abort: AbortController; readonly image: Promise<unknown> }>();
  return {
    want(addresses) {
      for (const [address, { abort }] of held)
        if (!addresses.includes(address)) {
          abort.abort();
          held.delete(address);
        }
      for (const address of addresses) {
        if (held.has(address)) continue;
        const abort = new AbortController();
        // A failed one is forgotten, so that it is tried again the next time.
        const image = decoded(address, abort.signal).catch(() => held.delete(address));
        held.set(address, { abort, image });
      }
    },
  };
}

/** Fetches and decodes with an image element; the element is kept by the promise, and with it the decoded picture. */
export async function decodedImage(address: string, signal: AbortSignal): Promise<HTMLImageElement> {
  const image = new Image();
  image.decoding = "async";
  signal.addEventListener("abort", () => image.removeAttribute("src"));
  image.src = address;
  await image.decode();
  return image;
}
