import { fail } from "../../../base/errors/index.ts";
import type { FormatReadOptions } from "../format.ts";
import type { Stack } from "./stack.ts";

/**
 * One of several stacks, by its number or by a word of its label.
 *
 * @throws MidashError `unsupported` when there are several, `invalid-argument` when it is not there or the label fits several
 */
export function pickStack(
  stacks: readonly Stack[],
  { frame, frameLabel }: Pick<FormatReadOptions, "frame" | "frameLabel">,
  where: string,
): Stack {
  const last = stacks.length - 1;
  const list = stacks.map((stack, n) => `${n}: ${stack.label || "all"}, ${stack.frames.length} slices`);
  const shown = `${list.slice(0, 12).join("; ")}${list.length > 12 ? "; ..." : ""}`;
  if (frameLabel !== undefined) return labelled(stacks, frameLabel, where, shown);
  if (frame === undefined) {
    if (last === 0) return stacks[0]!;
    return fail("unsupported", `it holds ${last + 1} volumes (${shown})`, {
      where,
      hint: `pass frame: 0 to ${last}, or frameLabel`,
    });
  }
  if (!Number.isInteger(frame) || frame < 0 || frame > last)
    fail("invalid-argument", `frame must be an integer from 0 to ${last}, got ${frame}`, {
      where,
      hint: shown,
    });
  return stacks[frame]!;
}

/** The whole label, one of its parts ("echo time 20"), then a word of it ("20", "water", "W"); of a word case does not count. */
function labelled(stacks: readonly Stack[], wanted: string, where: string, shown: string): Stack {
  const word = wanted.trim().toLowerCase();
  const partsOf = ({ label }: Stack) => label.split(", ");
  const wordsOf = ({ label }: Stack) => label.toLowerCase().split(/[\s,\\()]+/);
  const tests: readonly ((stack: Stack) => boolean)[] = [
    (stack) => stack.label === wanted,
    (stack) => partsOf(stack).some((part) => part.toLowerCase() === word),
    (stack) => wordsOf(stack).includes(word),
    (stack) => stack.label.toLowerCase().includes(word),
  ];
  for (const test of word === "" ? [] : tests) {
    const found = stacks.filter(test);
    if (found.length === 1) return found[0]!;
    if (found.length > 1)
      fail(
        "invalid-argument",
        `"${wanted}" fits ${found.length} volumes: ${found.map(({ label }) => label).join("; ")}`,
        {
          where,
          hint: "give more of the label",
        },
      );
  }
  return fail("invalid-argument", `no volume "${wanted}"; there are ${shown}`, { where });
}
