import { MidashError } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { type OwnLayers, tensorLayers } from "../layers/index.ts";
import type { AdamStep, Capabilities, TensorSession, Tf } from "./backend.ts";
import { interop } from "./interop.ts";
import { Nesting } from "./nesting.ts";
import { seededTf } from "./seeded-tf.ts";

/** Kept on tf's engine itself: the ESM and CJS builds of this library share one. */
const QUEUE = Symbol.for("@midash/core/engine-queue");

/** The work of all sessions, one piece at a time. */
interface Queue {
  tail: Promise<unknown>;
  readonly nesting: Nesting;
}

/**
 * Loads tfjs-core and, by way of tfjs-layers, its gradients (bare core has none). The only place that imports tf, so
 * importing this library costs nothing and no second copy of the engine appears.
 */
async function loadTf(): Promise<Tf> {
  const tf = interop(await import("@tensorflow/tfjs-core"));
  await import("@tensorflow/tfjs-layers");
  return tf;
}

/** What a backend brings to its sessions. */
export interface Prepared {
  /** Added to the session's `can`. */
  readonly can?: Partial<Capabilities>;
  /** Layers by kernels of its own. */
  readonly layers?: OwnLayers;
  readonly adam?: AdamStep;
  /** Done around each work of the session. */
  readonly around?: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/**
 * Opens a session on the tfjs backend `name`: what a {@link Backend}'s `open` returns.
 *
 * @param prepare registers the backend and replaces kernels that are wrong; given the engine that the session will use
 * @throws MidashError `unsupported` when the backend does not start
 */
export async function openTfSession(
  name: string,
  can: Capabilities,
  prepare: (tf: Tf) => Promise<Prepared | undefined>,
): Promise<TensorSession> {
  const tf = await loadTf();
  const own = (await prepare(tf)) ?? {};
  let closed = false;
  let random = new Random(0);
  const seeded = seededTf(tf, () => random);
  const layersFor = (training: boolean) => tensorLayers(seeded, training, own.layers);
  const session: TensorSession = {
    backend: name,
    tensors: {
      tf: seeded,
      layers: { training: layersFor(true), inference: layersFor(false) },
      ...(own.adam ? { adam: own.adam } : {}),
    },
    can: { ...can, ...own.can },
    seed(source) {
      random = source;
    },
    run(work) {
      return enqueue(tf, async () => {
        if (closed) throw new MidashError("invalid-argument", "the session is closed", { where: name });
        if (tf.getBackend() !== name) await activate(tf, name);
        return own.around ? own.around(work) : work();
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

async function enqueue<T>(tf: Tf, work: () => Promise<T>): Promise<T> {
  const owner = tf.engine() as unknown as { [QUEUE]?: Queue };
  owner[QUEUE] ??= { tail: Promise.resolve(), nesting: new Nesting() };
  const queue = owner[QUEUE];
  if (queue.nesting.inside)
    throw new MidashError(
      "invalid-argument",
      "called inside the work of another run, which would wait for itself",
      {
        where: { call: "session.run" },
        hint: "do all work of a step in one run",
      },
    );
  const result = queue.tail.then(() => queue.nesting.run(work));
  queue.tail = result.catch(() => undefined);
  return result;
}
