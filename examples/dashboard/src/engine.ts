/**
 * The library in its workers. One reads, measures and writes: it has no engine, so that it is there at once. Another computes, and is started when an image is shown. Each is started again where it
 * failed. A third computes on a graphics card, where somebody chose that.
 */

import { type MidashWorker, openWorker, type WorkerHead } from "@midash/core/worker";
import { signal } from "@preact/signals";

/** What computes. */
export interface Engine {
  readonly backend: string;
  /** What would have been faster, and why it is not used. */
  readonly passedOver: readonly { readonly backend: string; readonly reason: string }[];
}

/** A graphics card that the browser offers. */
export interface Card {
  readonly name: string;
  /** Whether the processor plays it: right, and many times slower than WebAssembly. */
  readonly software: boolean;
}

/** Known once an image was opened. */
export const engine = signal<Engine | undefined>(undefined);
/** What the browser offers; undefined: none, or not asked yet. */
export const card = signal<Card | undefined>(undefined);
/** Where the network is computed. The card is chosen by hand alone. */
export const device = signal<"processor" | "card">("processor");

let reader: Promise<MidashWorker> | undefined;
let worker: Promise<MidashWorker> | undefined;
let head: Promise<WorkerHead> | undefined;
let onCard: Promise<{ readonly worker: MidashWorker; readonly head: WorkerHead }> | undefined;

/** Threads that compute, as the package chooses them: browsers give more than one to isolated pages alone. */
const threads = crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;

/** The worker for files and numbers; the first call starts it. */
export function theReader(): Promise<MidashWorker> {
  reader ??= openWorker({ backend: "cpu" }); // which loads nothing, and is never asked to compute
  reader.catch(() => (reader = undefined)); // whoever asks next tries again
  return reader;
}

/** The worker that computes; the first call starts it, and loads its engine. */
function theComputer(): Promise<MidashWorker> {
  worker ??= openWorker().then((opened) => {
    const { backend, passedOver } = opened;
    engine.value = { backend, passedOver };
    return opened;
  });
  worker.catch(() => (worker = undefined));
  return worker;
}

/** The model of heads where it is to be computed: its 6 MB are loaded by the first call. */
export function theHead(): Promise<WorkerHead> {
  if (device.value === "card") return headOnCard();
  head ??= theComputer().then((opened) => opened.head());
  head.catch(() => (head = undefined));
  return head;
}

/** Only now are the engine for cards and its shaders loaded. */
async function headOnCard(): Promise<WorkerHead> {
  onCard ??= openWorker({ backend: "webgpu-inference" }).then(async (opened) => ({
    worker: opened,
    head: await opened.head(),
  }));
  onCard.catch(() => (onCard = undefined));
  return (await onCard).head;
}

/** Ends what computes, and with it the 600 MB that WebAssembly never gives back by itself; whoever asks next starts it again. */
export function rest(): void {
  worker?.then(
    (opened) => opened.dispose(),
    () => undefined,
  );
  worker = undefined;
  head = undefined;
  endCard();
}

/** Back to the processor; the card's memory is freed. */
export function leaveCard(): void {
  device.value = "processor";
  endCard();
}

function endCard(): void {
  onCard?.then(
    ({ worker: opened }) => opened.dispose(),
    () => undefined,
  );
  onCard = undefined;
}

/** Begins to load the worker for files, and looks whether there is a card. What goes wrong is said by the first action that needs it. */
export async function startEngine(): Promise<void> {
  await Promise.allSettled([theReader(), findCard()]);
}

/** Loads what computes, and the model, while somebody looks at an image; after the next frame, which shows it. */
export function warmUp(): void {
  requestAnimationFrame(() => setTimeout(() => theHead().catch(() => undefined), 0));
}

async function findCard(): Promise<void> {
  const gpu = (navigator as { readonly gpu?: Gpu }).gpu;
  const info = (await gpu?.requestAdapter())?.info;
  if (!info) return;
  const parts = [info.description || info.vendor, info.description ? "" : info.architecture];
  const name = parts.filter(Boolean).join(" ") || "graphics card";
  card.value = { name, software: info.isFallbackAdapter === true || /swiftshader|llvmpipe/i.test(name) };
}

/** As much of WebGPU as is asked here. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: {
      readonly vendor: string;
      readonly architecture: string;
      readonly description: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

/** What a backend is called on the page. */
export function backendName(backend: string): string {
  if (backend === "wasm") return `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  if (backend === "webgpu-inference") return `WebGPU, ${card.value?.name ?? "graphics card"}`;
  return backend === "cpu" ? "JavaScript alone" : backend;
}
