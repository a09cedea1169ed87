import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "backends/cpu": "src/backends/cpu.ts",
    "backends/wasm": "src/backends/wasm.ts",
    "models/unet": "src/models/unet.ts",
    "node/index": "src/node/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // One set of shared chunks a format, so that core and /node hold the same classes.
  splitting: true,
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: false,
});
