/** Names that inputs are looked for under, in channel order: MR, and the CBCT of the second task of SynthRAD. */
export const USUAL_INPUTS = ["mr", "t1", "t2", "flair", "pd", "cbct"] as const;

/** "1BA001_ct" or "ct_1BA001": the id and the word. @param name without extension */
export function splitName(name: string, words: readonly string[]): readonly [string, string] | undefined {
  const lower = name.toLowerCase();
  for (const word of words)
    for (const mark of ["_", ".", "-"]) {
      if (lower.length <= word.length + 1) continue;
      if (lower.endsWith(mark + word)) return [name.slice(0, -word.length - 1), word];
      if (lower.startsWith(word + mark)) return [name.slice(word.length + 1), word];
    }
  return undefined;
}
