import type { Progress } from "../synthesis/index.ts";

/** Progress of a question: of the network, and of what is done with its answer, which takes about a fifth of the time. */
export interface Pace {
  readonly network: (progress: Progress) => void;
  /** @param share of the rest that is done, 0 to 1 */
  readonly after: (share: number) => void;
}

export function paceOf(onProgress: ((progress: Progress) => void) | undefined): Pace {
  let samples = 1;
  const rest = () => Math.ceil(samples / 4);
  return {
    network({ done, total }) {
      samples = total;
      onProgress?.({ done, total: total + rest() });
    },
    after: (share) => onProgress?.({ done: samples + Math.round(share * rest()), total: samples + rest() }),
  };
}
