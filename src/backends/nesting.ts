/** What `node:async_hooks` gives; browsers have nothing like it yet. */
interface AsyncContext {
  run<T>(store: Work, work: () => T): T;
  getStore(): Work | undefined;
}

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
    return (this.#context?.getStore() ?? this.#current)?.active ?? false;
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
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage: new () => AsyncContext } | undefined };
  };
  const hooks = process?.getBuiltinModule?.("node:async_hooks");
  return hooks && new hooks.AsyncLocalStorage();
}
