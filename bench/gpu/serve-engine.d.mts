/** One engine of the suite, made ready. */
export interface ServedEngine {
  readonly facts: Readonly<Record<string, unknown>>;
  /** @param as the name under which it computes, where one process serves several. `folder` holds weights and batches */
  open(of: unknown, as: string, folder: string): Promise<ServedCase>;
}

/** A case, made ready. */
export interface ServedCase {
  /** Takes steps and waits until the GPU has done them. Gives numbers of the last. */
  run(steps: number): Promise<Readonly<Record<string, number>>>;
  close(): unknown;
}

/** Answers the suite on standard input and output until it is gone. */
export function serveEngine(start: () => Promise<ServedEngine>): Promise<void>;
