import { defineConfig } from "vitest/config";

const BROWSER = "test/browser/*.test.ts";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only slow each other, and ONNX Runtime uses threads of its own.
    maxWorkers: 2,
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "web/src/**/*.test.ts"],
          exclude: [BROWSER],
        },
      },
      // Their application is built before the first of them, and only where one of them runs.
      { extends: true, test: { name: "browser", include: [BROWSER], globalSetup: "test/browser/build-web.ts" } },
    ],
  },
});
