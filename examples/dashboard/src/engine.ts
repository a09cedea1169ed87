/** The library in its worker: one for the page, started early, started again where it failed. A second one computes on a graphics card, where somebody chose that. */

import { type MidashWorker, openWorker, type WorkerHead } from "@midash/core/worker";
import { signal } from "@preact/signals";

/** What computes. */
export interface Engine {
  readonly backend: string;
  /** Cores that it may use: 1 where the page is not isolated. */
  readonly threads: number;
  /** What would have been faster, and why it is not used. */
  readonly passedOver: readonly { readonly backend: string; readonly reason: string }[];
}

/** A graphics card that the browser offers. */
export interface Card {
  readonly name: string;
  /** Whether the processor plays it: right, and many times slower than WebAssembly. */
  readonly software: boolean;
}

export const engine = signal<Engine | undefined>(undefined);
/** What the browser offers; undefined: none, or not asked yet. */
export const card = signal<Card | undefined>(undefined);
/** Where the network is computed. The card is chosen by hand alone. */
export const device = signal<"processor" | "card">("processor");

let worker: Promise<MidashWorker> | undefined;
let head: Promise<WorkerHead> | undefined;
let onCard: Promise<{ readonly worker: MidashWorker; readonly head: WorkerHead }> | undefined;

/** The worker; the first call starts it. */
export function theWorker(): Promise<MidashWorker> {
  worker ??= openWorker().then((opened) => {
    const { backend, passedOver } = opened;
    const threads = crossOriginIsolated ? navigator.hardwareConcurrency : 1;
    engine.value = { backend, passedOver, threads };
    return opened;
  });
  worker.catch(() => (worker = undefined)); // whoever asks next tries again
  return worker;
}

/** The model of heads where it is to be computed: its 6 MB are loaded by the first call. */
export function theHead(): Promise<WorkerHead> {
  if (device.value === "card") return headOnCard();
  head ??= theWorker().then((opened) => opened.head());
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

/** Back to the processor; the card's memory is freed. */
export function leaveCard(): void {
  device.value = "processor";
  onCard?.then(
    ({ worker: opened }) => opened.dispose(),
    () => undefined,
  );
  onCard = undefined;
}

/** Begins to load the worker, and looks whether there is a card. What goes wrong is said by the first action that needs it. */
export function startEngine(): void {
  theWorker().catch(() => undefined);
  findCard().catch(() => undefined);
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
  if (backend === "wasm") {
    const threads = engine.value?.threads ?? 1;
    return `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  }
  if (backend === "webgpu-inference") return `WebGPU, ${card.value?.name ?? "graphics card"}`;
  return backend === "cpu" ? "JavaScript alone" : backend;
}
