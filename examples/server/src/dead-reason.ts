/** Why a task is among the dead letters, in words, of what BullMQ keeps. */
export function deadReason(kept: string | undefined): string {
  if (!kept) return "no reason was given";
  if (/stalled more than/.test(kept)) return "its worker died or hung, several times";
  if (/^the process that did it died/.test(kept))
    return `${kept}, several times; if memory ran out, use fewer workers or a larger machine`;
  return kept;
}
