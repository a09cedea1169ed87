import { fromBase64 } from "../../../base/bytes/index.ts";
import { type ErrorKind, MidashError } from "../../../base/errors/index.ts";
import { nodeProcess } from "../../../base/platform/index.ts";
import { simdWorks } from "./features.ts";

/** tfjs's engine, compiled: the one for memory that threads share, or the other. */
export interface EngineBinary {
  readonly module: WebAssembly.Module;
  readonly shared: boolean;
}

/** Where a server has a binary of `@tensorflow/tfjs-backend-wasm`; undefined: it comes with this package. */
export type Locate = (file: string) => string | undefined;

const WHERE = { call: "wasm", option: "paths" } as const;
const HINT = [
  ["set ", { option: "paths" }, " to where the page serves the .wasm files of @tensorflow/tfjs-backend-wasm"],
  ["leave ", { option: "paths" }, " out: the binaries come with this package"],
] as const;

/**
 * Loads and compiles the binary that fits this machine.
 *
 * @throws MidashError `unsupported` where there is no WebAssembly, no SIMD, or a page forbids compiling; `not-found`, `io`, `invalid-file` when the binary can't be
 *   had: with its URL, the HTTP status and the MIME type
 */
export async function loadEngine(locate: Locate): Promise<EngineBinary> {
  const unsupported = (what: string, hint?: string, cause?: unknown) =>
    new MidashError("unsupported", what, { where: "wasm", hint, cause });
  if (typeof WebAssembly !== "object") throw unsupported("this JavaScript engine has no WebAssembly");
  if (!simdWorks())
    throw unsupported("this JavaScript engine has no WebAssembly SIMD; browsers since 2023 have it");
  const shared = sharedMemoryWorks();
  const file = `tfjs-backend-wasm-${shared ? "threaded-simd" : "simd"}.wasm`;
  const url = nodeProcess() ? undefined : locate(file);
  const bytes = url === undefined ? await embedded(shared) : await fetched(url);
  try {
    return { module: await WebAssembly.compile(bytes), shared };
  } catch (cause) {
    const hint = "a page's Content-Security-Policy must allow it: script-src 'wasm-unsafe-eval'";
    throw unsupported(`the WebAssembly is not compiled: ${messageOf(cause)}`, hint, cause);
  }
}

async function embedded(shared: boolean): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { BINARY } = await (shared ? import("./engines/threaded-simd.ts") : import("./engines/simd.ts"));
    return fromBase64(BINARY);
  } catch (cause) {
    throw new MidashError("io", `the script that holds the WebAssembly did not load: ${messageOf(cause)}`, {
      where: "wasm",
      hint: "reload the page: its scripts may have been replaced by those of a newer version",
      cause,
    });
  }
}

async function fetched(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (kind: ErrorKind, how: string, cause?: unknown) =>
    new MidashError(kind, `the WebAssembly at ${url} ${how}`, { where: WHERE, hint: HINT, cause });
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw failed("io", `can't be fetched: ${messageOf(cause)}`, cause);
  }
  const { ok, status } = response;
  const answer = `HTTP status ${status}, MIME type ${response.headers.get("content-type") ?? "not stated"}`;
  if (!ok) throw failed(status === 404 || status === 410 ? "not-found" : "io", `is not there: ${answer}`);
  if (String(bytes.subarray(0, 4)) !== "0,97,115,109")
    throw failed("invalid-file", `is no WebAssembly, the server answered with something else: ${answer}`);
  return bytes;
}

/** Browsers give shared memory to pages that are isolated from other origins; Node to all. */
function sharedMemoryWorks(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return crossOriginIsolated ?? true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
