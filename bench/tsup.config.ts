import { defineConfig } from "tsup";

/** The benchmarks as they are timed: bundled from the sources, as the package is. `npm run bench` builds and runs them. */
export default defineConfig({
  entry: {
    main: "bench/main.ts",
    "node/sample-worker": "src/host/node/sample-worker.ts",
    "backends/onnx-thread": "src/networks/backends/onnx/thread-main.ts",
  },
  outDir: ".bench/dist",
  format: ["esm"],
  target: "es2022",
  platform: "neutral",
  splitting: true,
  external: [/head\.safetensors$/], // no benchmark loads the model of heads
  clean: true,
  treeshake: false,
  silent: true,
});
