import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { environmentForTraining, KEEP_FREED_MEMORY } from "./memory-allocator.ts";

test("a training on Linux gets an environment in which freed memory is kept, beside what there was", () => {
  expect(environmentForTraining(["--json", "train", "data.csv"], "linux", { HOME: "/home/a" })).toEqual({
    HOME: "/home/a",
    ...KEEP_FREED_MEMORY,
  });
});

test.each([
  { why: "nothing is trained", args: ["score", "slide"], platform: "linux", environment: {} },
  { why: "the system has another malloc", args: ["train"], platform: "darwin", environment: {} },
  { why: "it is there already", args: ["train"], platform: "linux", environment: { ...KEEP_FREED_MEMORY } },
  { why: "somebody chose otherwise", args: ["train"], platform: "linux", environment: { MALLOC_ARENA_MAX: "4" } },
  { why: "somebody chose otherwise", args: ["train"], platform: "linux", environment: { GLIBC_TUNABLES: "a=b" } },
] as const)("no other environment where $why", ({ args, platform, environment }) => {
  expect(environmentForTraining(args, platform, environment)).toBeNull();
});

test.runIf(process.platform === "linux")(
  "a training starts once more, as the same process with the same arguments",
  () => {
    const module = fileURLToPath(new URL("./memory-allocator.ts", import.meta.url));
    const file = join(mkdtempSync(join(tmpdir(), "mn-allocator-")), "start.mjs");
    writeFileSync(
      file,
      `import { restartForTraining } from ${JSON.stringify(module)};
     const { pid, argv, env } = process;
     console.log(JSON.stringify({ pid, args: argv.slice(2), arenas: env.MALLOC_ARENA_MAX ?? null }));
     restartForTraining();`,
    );
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^MALLOC_|^GLIBC_/.test(name)));
    const args = ["--disable-warning=ExperimentalWarning", file, "train", "my cells.csv"];
    const { stdout, stderr, status, pid } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    const started = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(started).toEqual([
      { pid, args: ["train", "my cells.csv"], arenas: null },
      { pid, args: ["train", "my cells.csv"], arenas: "1" },
    ]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  },
);
