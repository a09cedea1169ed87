/** Why a task is among the dead letters, in words, of what BullMQ keeps. */
export function deadReason(kept: string | undefined): string {
  if (!kept) return "no reason was given";
  if (/stalled more than/.test(kept)) return "its worker died or hung, several times";
  if (/^Unexpected exit code|initializing child|Child exited/.test(kept))
    return `the process that did it died, several times (${kept.toLowerCase()})`;
  return kept;
}
