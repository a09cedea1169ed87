/**
 * Node's own modules, where this code runs in Node: by name at run time, so that bundlers for browsers see no import of them.
 * What each gives is declared as far as it is used. `undefined` in browsers and before Node 20.16.
 */
interface NodeModules {
  readonly "node:worker_threads": {
    readonly Worker: new (script: string, options?: { readonly workerData?: unknown }) => NodeWorker;
    readonly parentPort: NodePort | null;
  };
  readonly "node:fs": { existsSync(path: string): boolean };
  readonly "node:path": { join(...parts: string[]): string; dirname(path: string): string };
  readonly "node:url": { fileURLToPath(url: string): string };
}

/** The end of a channel. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: "message", listener: (message: never) => void): unknown;
}

/** A thread, from the outside. */
export interface NodeWorker extends NodePort {
  on(event: "message", listener: (message: never) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

/** A module of Node. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown; readonly versions?: { readonly node?: string } };
  };
  return process?.versions?.node === undefined
    ? undefined
    : (process.getBuiltinModule?.(name) as NodeModules[K]);
}
