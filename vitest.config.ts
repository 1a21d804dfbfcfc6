import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "web/src/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only slow each other, and ONNX Runtime uses threads of its own.
    maxWorkers: 2,
    pool: "forks",
  },
});
