import type { Tf } from "../backend.ts";

/** Kernels and gradients of a process by name: on the global scope, where tfjs keeps them, so that its copies share them. */
interface TfGlobals {
  readonly _tfGlobals?: ReadonlyMap<string, Map<string, { readonly backendName?: string }>>;
}

/**
 * Loads what registers the backend `added`, and leaves all else of tfjs's engine as it was: the backend that is active, and kernels of other backends, which a second copy
 * of tfjs would put its own in place of (ours are mended). Its warnings that it finds them registered are kept back.
 */
export async function asItWas<T>(tf: Tf, added: string, load: () => Promise<T>): Promise<T> {
  const active = tf.getBackend();
  const registries = ["kernelRegistry", "gradRegistry"].flatMap((name) => {
    const registry = (globalThis as TfGlobals)._tfGlobals?.get(name);
    return registry ? [{ registry, before: [...registry] }] : [];
  });
  const quiet = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    return await load();
  } finally {
    tf.env().set("PROD", quiet);
    for (const { registry, before } of registries)
      for (const [key, config] of before) if (config.backendName !== added) registry.set(key, config);
    if (active) await tf.setBackend(active);
  }
}
