import { habitual } from "./habits.ts";

/** For the hint of an error about an unknown name: `did you mean "x"?`, or the list of what is known. */
export function orNearest(word: string, known: readonly string[]): string {
  const usual = habitual(word, known);
  if (usual !== undefined) return `did you mean "${usual}"?`;
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near && isNear(word, near.candidate)) return `did you mean "${near.candidate}"?`;
  return known.length > 0 ? `known are ${known.join(", ")}` : "none is known";
}

/** Whether a word may be a misspelling of another. @param most letters that may differ. Default: a third of them, at least one */
export function isNear(
  word: string,
  meant: string,
  most = Math.max(1, Math.floor(meant.length / 3)),
): boolean {
  return editDistance(word.toLowerCase(), meant.toLowerCase()) <= most;
}

/** Letters to insert, remove, replace, or swap with their neighbour (Damerau's distance, "optimal string alignment"). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(row[j]! + 1, next[j - 1]! + 1, replaced);
      next.push(swapped ? Math.min(least, before[j - 2]! + 1) : least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
