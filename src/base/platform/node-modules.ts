/**
 * Node's own modules, where this code runs in Node: by name at run time, so that bundlers for browsers see no import of them.
 * What each gives is declared as far as it is used. `undefined` in browsers and before Node 20.16.
 */
interface NodeModules {
  readonly "node:async_hooks": { readonly AsyncLocalStorage: new () => AsyncContext };
  readonly "node:crypto": { createHash(algorithm: "sha256"): NodeHash };
  readonly "node:os": { availableParallelism(): number };
  readonly "node:worker_threads": {
    Worker: new (script: string | URL, options: NodeWorkerOptions) => NodeWorker;
    readonly workerData: unknown;
    readonly parentPort: NodePort | null;
  };
  readonly "node:fs": { existsSync(path: string | URL): boolean };
  readonly "node:module": { createRequire(from: string | URL): NodeRequire };
  readonly "node:url": { fileURLToPath(url: string): string };
  readonly "node:child_process": {
    execFile(
      file: string,
      args: readonly string[],
      options: { readonly timeout: number; readonly shell: boolean },
      done: (error: Error | null, stdout: string) => void,
    ): unknown;
  };
}

interface NodeHash {
  update(bytes: Uint8Array): NodeHash;
  digest(encoding: "hex"): string;
}

/** A `require` as seen from one place. */
interface NodeRequire {
  (name: string): unknown;
  resolve(name: string): string;
}

interface NodeWorkerOptions {
  readonly workerData: unknown;
  /** Flags of its own; it would take over those of the process, where some are refused (`--input-type`). */
  readonly execArgv: readonly string[];
  /** Whether `script` is code rather than a path. */
  readonly eval?: boolean;
}

/** What is known along a chain of asynchronous calls. */
export interface AsyncContext {
  run<T>(store: unknown, work: () => T): T;
  getStore(): unknown;
}

/** The end of a channel. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** A thread, from the outside: "message", "messageerror" and "error" (an Error), "exit" (a code). */
export interface NodeWorker extends NodePort {
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

/** Node's `process`, as far as it is used. */
export interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execPath: string;
  readonly platform: string;
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
  on(event: "exit", listener: () => void): unknown;
  off(event: "exit", listener: () => void): unknown;
}

/** `undefined` where this is not Node. */
export function nodeProcess(): NodeProcess | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.versions?.node === undefined ? undefined : process;
}

/** A module of Node. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  return nodeProcess()?.getBuiltinModule?.(name) as NodeModules[K] | undefined;
}
