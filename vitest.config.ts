import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    // tf's engine is global to a process and wasm compiles once a process: two workers on two cores.
    pool: "forks",
    maxWorkers: 2,
    // No test fails because a machine is slow or busy: only what hangs gets here.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
