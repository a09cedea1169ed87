import { MidashError } from "../errors/index.ts";
import type { Capabilities, Session, Tf } from "./backend.ts";

/** The tail of the queue of work, kept on tf itself: the ESM and CJS builds of this library share one engine. */
const QUEUE = Symbol.for("@midash/core/engine-queue");

/**
 * Loads tfjs-core and, by way of tfjs-layers, its gradients (bare core has none). The only place that imports tf, so
 * importing this library costs nothing and no second copy of the engine appears.
 */
async function loadTf(): Promise<Tf> {
  const tf = interop(await import("@tensorflow/tfjs-core"));
  await import("@tensorflow/tfjs-layers");
  return tf;
}

/** A CJS package imported from ESM may show its names only under `default`. */
export function interop<T extends object>(module: T): T {
  return "default" in module ? (module.default as T) : module;
}

/** Opens a session on the tfjs backend `name` after `prepare` has registered it. */
export async function openSession(
  name: string,
  can: Capabilities,
  prepare: (tf: Tf) => Promise<void>,
): Promise<Session> {
  const tf = await loadTf();
  await prepare(tf);
  let closed = false;
  const session: Session = {
    backend: name,
    tf,
    can,
    run(work) {
      return enqueue(tf, async () => {
        if (closed) throw new MidashError("invalid-argument", "the session is closed", { where: name });
        if (tf.getBackend() !== name) await activate(tf, name);
        return work();
      });
    },
    close() {
      closed = true;
    },
  };
  await session.run(() => undefined); // fails here, not in the middle of training
  return session;
}

async function activate(tf: Tf, name: string): Promise<void> {
  const done = await tf.setBackend(name);
  if (!done) throw new MidashError("unsupported", `the backend "${name}" did not start`, { where: name });
  await tf.ready();
}

function enqueue<T>(tf: Tf, work: () => Promise<T>): Promise<T> {
  const owner = tf.engine() as unknown as { [QUEUE]?: Promise<unknown> };
  const result = (owner[QUEUE] ?? Promise.resolve()).then(work);
  owner[QUEUE] = result.catch(() => undefined);
  return result;
}
