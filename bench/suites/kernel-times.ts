import type { TensorSession } from "../../src/networks/backends/index.ts";

/** What a kernel cost in a piece of work. */
export interface KernelTime {
  /** Forward, backward or optimizer, when the caller distinguishes them. */
  readonly phase: string;
  /** The kernel; one that runs inside another is written "outer > inner". */
  readonly kernel: string;
  readonly calls: number;
  /** Time in the kernel itself, without that of kernels inside it. */
  readonly ms: number;
  /** Of the whole work. */
  readonly share: number;
}

/** Where the time of a piece of work went. */
export interface Profile {
  readonly totalMs: number;
  /** What no kernel took: tf's bookkeeping, JavaScript around it, copies in and out. */
  readonly outsideKernelsMs: number;
  /** By phase, kernels only. */
  readonly phases: Readonly<Record<string, number>>;
  /** Costliest first. */
  readonly kernels: readonly KernelTime[];
}

/**
 * Times every kernel of the session's backend while `work` runs. `phase` is asked at each kernel. The kernels of
 * tfjs's wasm and cpu backends return when they are done, so the clock around each measures its cost. tf.profile would count
 * kernels that are composed of others twice.
 */
export async function profileKernels(
  session: TensorSession,
  work: () => Promise<unknown>,
  phase: () => string = () => "",
): Promise<Profile> {
  const { tf } = session.tensors;
  const spent = new Map<string, { phase: string; kernel: string; calls: number; ms: number }>();
  const open: { kernel: string; inside: number }[] = [];
  const timed = tf.getKernelsForBackend(session.backend).map((config) => {
    const { kernelFunc } = config;
    const replacement: typeof config = {
      ...config,
      kernelFunc: (given) => {
        const kernel = [...open.map((outer) => outer.kernel), config.kernelName].join(" > ");
        const frame = { kernel: config.kernelName, inside: 0 };
        open.push(frame);
        const start = performance.now();
        try {
          return kernelFunc(given);
        } finally {
          const ms = performance.now() - start;
          open.pop();
          const outer = open.at(-1);
          if (outer) outer.inside += ms;
          const key = `${phase()}/${kernel}`;
          const sum = spent.get(key) ?? { phase: phase(), kernel, calls: 0, ms: 0 };
          sum.calls++;
          sum.ms += ms - frame.inside;
          spent.set(key, sum);
        }
      },
    };
    return { config, replacement };
  });
  const put = (which: "config" | "replacement") => {
    for (const entry of timed) {
      tf.unregisterKernel(entry.config.kernelName, session.backend);
      tf.registerKernel(entry[which]);
    }
  };
  put("replacement");
  const start = performance.now();
  try {
    await work();
  } finally {
    put("config");
  }
  const totalMs = performance.now() - start;
  const kernels = [...spent.values()].sort((a, b) => b.ms - a.ms);
  const phases: Record<string, number> = {};
  for (const { phase: name, ms } of kernels) phases[name] = (phases[name] ?? 0) + ms;
  return {
    totalMs,
    outsideKernelsMs: totalMs - kernels.reduce((sum, { ms }) => sum + ms, 0),
    phases,
    kernels: kernels.map((entry) => ({ ...entry, share: entry.ms / totalMs })),
  };
}
