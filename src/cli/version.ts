import { readFileSync } from "node:fs";

/** The version in package.json, for results, models and messages. */
export function versionOfPackage(): string {
  const file = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
