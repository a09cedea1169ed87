import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // As tsup.config.ts has it.
  plugins: [
    {
      name: "weights",
      enforce: "pre",
      load(id) {
        if (!id.endsWith(".safetensors")) return undefined;
        return `export default ${JSON.stringify(readFileSync(id, "base64"))};`;
      },
    },
  ],
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
