/** The server that this page comes from, where it is one that computes (examples/server): it says so in the page. Only then is the code loaded that asks it. */
import { signal } from "@preact/signals";

export const remote = signal<typeof import("./server/choice.tsx") | undefined>(undefined);

export async function findServer(): Promise<void> {
  if (document.querySelector('meta[name="midash-server"]'))
    remote.value = await import("./server/choice.tsx");
}
