import { DiskQueue } from "./disk-queue.ts";
import type { Queue } from "./queue.ts";
import type { Settings } from "./settings.ts";

/** The queue that the settings name. */
export async function openQueue({ store, data, workers }: Settings): Promise<Queue> {
  if (store === undefined) return DiskQueue.open({ data, workers });
  const { BullQueue } = await import("./bull-queue.ts");
  return new BullQueue(store);
}
