import { fail } from "../../../base/errors/index.ts";
import { type Frame, nameOf } from "./frame.ts";
import { inOrder, partition } from "./partition.ts";
import { neighboursAtOnePlace, type Stacks, stackOf } from "./stack.ts";
import { cross, dot } from "./vectors.ts";

/** A radial scan has as many directions as slices; each is looked for among all before it. */
const MAX_DIRECTIONS = 64;
/** cos 0.8°: cosines come rounded to a few digits. */
const PARALLEL = 0.9999;

/**
 * The volumes among the frames of a series, by direction, then by echo, time, b-value and the like where several frames lie at one place.
 *
 * @throws MidashError `invalid-file` that names frames at one place which nothing parts; `unsupported` for slices in too many directions
 */
export function stacksOf(frames: readonly Frame[], where: string): Stacks {
  const groups: Frame[][] = [];
  for (const frame of frames) {
    const group = groups.find(([first]) => alike(first!, frame));
    if (group) group.push(frame);
    else groups.push([frame]);
    if (groups.length > MAX_DIRECTIONS)
      fail("unsupported", `slices of more than ${MAX_DIRECTIONS} directions or sizes`, {
        where,
        hint: "only stacks of slices are volumes",
      });
  }
  const parts = groups.map((group, n): Stacks => {
    const label = groups.length === 1 ? "" : `${describe(group[0]!)} (direction ${n + 1})`;
    const stack = stackOf(group, label);
    const twins = neighboursAtOnePlace(stack);
    if (twins.length === 0) return { stacks: [stack], leftOut: [] };
    return partition(group, label) ?? inOrder(group, label) ?? failTwins(twins, where);
  });
  const stacks = parts.flatMap((part) => part.stacks);
  return { stacks, leftOut: parts.flatMap(({ leftOut }) => leftOut) };
}

function alike(a: Frame, b: Frame): boolean {
  return (
    a.size[0] === b.size[0] &&
    a.size[1] === b.size[1] &&
    Math.abs(a.spacing[0] - b.spacing[0]) < 1e-3 * a.spacing[0] &&
    Math.abs(a.spacing[1] - b.spacing[1]) < 1e-3 * a.spacing[1] &&
    dot(a.row, b.row) > PARALLEL &&
    dot(a.column, b.column) > PARALLEL &&
    a.keys.stack === b.keys.stack
  );
}

function describe({ size, row, column }: Frame): string {
  const normal = cross(row, column).map(Math.abs);
  const plane = ["sagittal", "coronal", "axial"][normal.indexOf(Math.max(...normal))];
  return `${plane} ${size.join("×")}`;
}

function failTwins(twins: readonly (readonly [Frame, Frame, number])[], where: string): never {
  const shown = twins.slice(0, 5).map(([a, b, height]) => {
    const uids = [a, b].map(({ file }) => file.elements.text("SOPInstanceUID"));
    const copy = a.file !== b.file && uids[0] !== undefined && uids[0] === uids[1] ? "copies" : "both";
    return `${nameOf(a)} and ${nameOf(b)} (${copy} at ${height.toFixed(2)} mm)`;
  });
  const more = twins.length > 5 ? ` and ${twins.length - 5} more pairs` : "";
  return fail("invalid-file", `duplicate slices at one position: ${shown.join(", ")}${more}`, {
    where,
    hint: "remove the duplicates, or read one series at a time",
  });
}
