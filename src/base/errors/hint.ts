/** An option of the library within a sentence. */
export interface OptionName {
  readonly option: string;
}

/** One way out: a sentence, its options as data. */
export type Way = string | readonly (string | OptionName)[];

/** How to recover: a sentence, or ways to choose among. `["give more cases", ["leave out ", { option: "split" }]]` reads "give more cases, or leave out split". */
export type Hint = string | readonly Way[];

/** A way in one sentence. @param name how an option is called; default: as the library calls it */
export function wayText(way: Way, name = (option: string) => option): string {
  if (typeof way === "string") return way;
  return way.map((part) => (typeof part === "string" ? part : name(part.option))).join("");
}

/** "a", "a, or b", "a, b, or c". */
export function alternatives(ways: readonly string[]): string {
  return ways.length < 2 ? ways.join() : `${ways.slice(0, -1).join(", ")}, or ${ways[ways.length - 1]}`;
}
