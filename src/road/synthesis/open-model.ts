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
 * @param works is called once the backend is open: what fails from then on is due to the model
 * @throws MidashError `unsupported` when the backend can't run here, or what the model's creation throws
 */
export async function openModel<S extends Session>(
  spec: ModelSpec,
  backend: Backend<S>,
  options: CreateOptions,
  works?: () => unknown,
): Promise<OpenedModel<S>> {
  const supported = await backend.supports();
  if (supported !== true) throw new MidashError("unsupported", supported.reason, { where: backend.name });
  const session = await backend.open();
  works?.();
  session.seed(Random.fork(JSON.stringify(options.random.state()), "tf")); // takes nothing from `random` itself
  try {
    return { session, model: await createModel(spec, session, options) };
  } catch (error) {
    session.close();
    throw error;
  }
}
