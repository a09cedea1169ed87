/** What {@link webgpuInference} loads when it is asked: a page that computes elsewhere never does. */
import { MidashError } from "../../../base/errors/index.ts";
import type { GraphSession } from "../backend.ts";
import { type DeviceOptions, findAdapter, openDevice } from "../webgpu/device.ts";
import { Card } from "./card.ts";
import { refuse } from "./graph-values.ts";
import { LoadedNetwork } from "./loaded-network.ts";
import { readGraph } from "./read-graph.ts";

const NAME = "webgpu-inference";

/** Finds out whether it would open. @throws MidashError `missing-package`, `unsupported` */
export async function assertUsable(options: DeviceOptions): Promise<void> {
  await findAdapter(options);
}

/** See `Backend.open`. */
export async function openWebgpuInference(options: DeviceOptions): Promise<GraphSession> {
  const card = new Card(await openDevice(options));
  const check = () => {
    if (card.closed) throw new MidashError("invalid-argument", "the session is closed", { where: NAME });
  };
  return {
    backend: NAME,
    can: {
      train: false,
      whyNotTrain: "it computes finished networks alone; train on webgpu or wasm",
      deterministic: true,
    },
    graphs: {
      async load(graph) {
        check();
        if (graph instanceof Uint8Array)
          return refuse("a network that came as an ONNX file runs on ONNX Runtime alone");
        return LoadedNetwork.load(card, readGraph(graph));
      },
    },
    seed: () => undefined, // nothing here draws
    async run(work) {
      check();
      return work();
    },
    close: () => card.close(),
  };
}
