// What `midash` reads in this folder: where the network comes from, and how to train it.
import { defineConfig } from "@midash/core";
import plugin, { Residual } from "./src/index.js";

export default defineConfig({
  plugins: [plugin],
  train: {
    model: Residual({ filters: 8, blocks: 2 }), // its options are checked by TypeScript
    batchSize: 4,
    epochs: 3,
    stepsPerEpoch: 20,
    schedule: "cosine",
    // Of the simulated heads; leave these out for data of your own.
    subjects: [3, 1, 1],
    phantomShape: [56, 64, 44],
    phantomSpacing: [3.5, 3.5, 3.5],
  },
});
