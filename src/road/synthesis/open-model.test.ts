import { expect, it } from "vitest";
import { Random } from "../../base/random/index.ts";
import type { Backend, Session } from "../../networks/backends/index.ts";
import { cpu } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { openModel } from "./open-model.ts";

it("closes the session of a model that could not be made", async () => {
  let opened: Session | undefined;
  const backend: Backend = {
    ...cpu(),
    async open() {
      opened = await cpu().open();
      return opened;
    },
  };
  const spec = UNet({ baseFilters: 1, levels: 1 });
  const wrong = { random: new Random(1), weights: {} };
  await expect(openModel(spec, backend, wrong)).rejects.toThrow("weights don't fit the model");
  await expect(opened?.run(() => 1)).rejects.toThrow("the session is closed");
});

it("says why a backend can't run here", async () => {
  const backend: Backend = { ...cpu(), name: "none", supports: async () => ({ reason: "no such device" }) };
  await expect(openModel(UNet(), backend, { random: new Random(1) })).rejects.toThrow("none: no such device");
});
