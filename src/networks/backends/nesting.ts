import { type AsyncContext, nodeModule } from "../../base/platform/index.ts";

/** One piece of work in a session. */
interface Work {
  active: boolean;
}

/**
 * Tells whether a call comes from inside work that is still going on. In Node (20.16 on) by the asynchronous context,
 * exactly; elsewhere only up to the work's first `await`.
 */
export class Nesting {
  readonly #context = asyncContext();
  #current: Work | undefined;

  get inside(): boolean {
    return ((this.#context?.getStore() as Work | undefined) ?? this.#current)?.active ?? false;
  }

  async run<T>(work: () => T | Promise<T>): Promise<T> {
    const own: Work = { active: true };
    try {
      if (this.#context) return await this.#context.run(own, work);
      this.#current = own;
      const result = work();
      this.#current = undefined;
      return await result;
    } finally {
      own.active = false;
      this.#current = undefined;
    }
  }
}

function asyncContext(): AsyncContext | undefined {
  const hooks = nodeModule("node:async_hooks"); // browsers have nothing like it yet
  return hooks && new hooks.AsyncLocalStorage();
}
