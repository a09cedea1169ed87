import { MidashError } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Backend, Session } from "../../networks/backends/index.ts";
import { type CreateOptions, createModel, type Model, type ModelSpec } from "../../networks/models/index.ts";

/** A model in a session of its own; close both when done. */
export interface OpenedModel<S extends Session = Session> {
  readonly session: S;
  readonly model: Model;
}

/**
 * Opens the backend and brings the model to life in it. A session whose model could not be made is closed again.
 *
 * @throws MidashError `unsupported` when the backend can't run here, or what the model's creation throws
 */
export async function openModel<S extends Session>(
  spec: ModelSpec,
  backend: Backend<S>,
  options: CreateOptions,
): Promise<OpenedModel<S>> {
  return modelIn(await openSession(backend, options), spec, options);
}

/** A session in which nothing is yet. @throws MidashError `unsupported` when the backend can't run here */
export async function openSession<S extends Session>(
  backend: Backend<S>,
  { random }: Pick<CreateOptions, "random">,
): Promise<S> {
  const supported = await backend.supports();
  if (supported !== true) throw new MidashError("unsupported", supported.reason, { where: backend.name });
  const session = await backend.open();
  session.seed(Random.fork(JSON.stringify(random.state()), "tf")); // takes nothing from `random` itself
  return session;
}

/** A model in a session, which is closed again when the model can't be made. */
export async function modelIn<S extends Session>(
  session: S,
  spec: ModelSpec,
  options: CreateOptions,
): Promise<OpenedModel<S>> {
  try {
    return { session, model: await createModel(spec, session, options) };
  } catch (error) {
    session.close();
    throw error;
  }
}
