/** The page without network: its files are kept by a service worker, and a new version waits until somebody asks for it. */
import { signal } from "@preact/signals";

/** Whether all files of the page are kept. */
export const keptOffline = signal(false);
/** Takes the new version that is ready. */
export const update = signal<(() => void) | undefined>(undefined);

/** Begins to keep the files, 9 MB with the model, when the page can be used and has nothing else to do. Where a browser refuses, the page works as before, with network. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const idle = globalThis.requestIdleCallback ?? ((begin: () => void) => setTimeout(begin, 1000));
  idle(() => void register().catch(() => undefined));
}

async function register(): Promise<void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register("sw.js", { updateViaCache: "none" });
  const look = () => {
    const { active, waiting } = registration;
    keptOffline.value = active !== null;
    if (active && waiting)
      update.value = () => {
        serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
        waiting.postMessage("take over");
      };
  };
  const follow = (worker: ServiceWorker | null) => worker?.addEventListener("statechange", look);
  registration.addEventListener("updatefound", () => follow(registration.installing));
  follow(registration.installing);
  look();
}
