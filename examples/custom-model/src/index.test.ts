import { test } from "node:test";
import { cpu } from "@midash/core/backends/cpu";
import { testModel } from "@midash/core/testing";
import { Residual } from "./index.js";

test("the network keeps the contract that training, checkpoints and synthesis rely on", async () => {
  await testModel(Residual, { backend: cpu(), config: { filters: 4, blocks: 1 } });
});
