import { vi } from "vitest";

/** A proxy that nobody listens on: the network's end, until vi.unstubAllEnvs(). */
export function withoutInternet(): void {
  for (const name of ["HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "http://127.0.0.1:9");
  for (const name of ["NO_PROXY", "no_proxy"]) vi.stubEnv(name, "");
}
