import { fail } from "../../../base/errors/index.ts";
import type { Triple } from "../../volume/index.ts";
import type { Frame } from "./frames.ts";
import { cross, dot } from "./vectors.ts";

/** Parallel slices, each at its own place: one volume. */
export interface Stack {
  /** Sorted along the normal. */
  readonly frames: readonly Frame[];
  /** Unit vector across the slices, LPS+: row × column. */
  readonly normal: Triple;
  /** Where each slice lies along the normal, in mm. */
  readonly heights: readonly number[];
  /** What parts it from the other stacks of its series. */
  readonly label: string;
}

/** Slices nearer than this, in mm, are at one place. */
const SAME_PLACE = 0.01;
/** A radial scan has as many directions as slices; each is looked for among all before it. */
const MAX_DIRECTIONS = 64;
/** cos 0.8°: cosines come rounded to a few digits. */
const PARALLEL = 0.9999;

/**
 * The volumes among the frames of a series, by direction, then by echo, time, b-value and the like where several frames lie at one place.
 *
 * @throws MidashError `invalid-file` that names frames at one place which nothing parts; `unsupported` for slices in too many directions
 */
export function stacksOf(frames: readonly Frame[], where: string): readonly Stack[] {
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
  return groups.flatMap((group, n) => {
    const label = groups.length === 1 ? "" : `${describe(group[0]!)} (direction ${n + 1})`;
    const stack = stackOf(group, label);
    const twins = neighboursAtOnePlace(stack);
    if (twins.length === 0) return [stack];
    return partition(group, label) ?? failTwins(twins, where);
  });
}

/** One of several stacks. @throws MidashError `unsupported` when there are several, `invalid-argument` when it is not there */
export function pickStack(stacks: readonly Stack[], frame: number | undefined, where: string): Stack {
  const last = stacks.length - 1;
  const list = stacks.map((stack, n) => `${n}: ${stack.label || "all"}, ${stack.frames.length} slices`);
  const shown = `${list.slice(0, 8).join("; ")}${list.length > 8 ? "; ..." : ""}`;
  if (frame === undefined) {
    if (last === 0) return stacks[0]!;
    return fail("unsupported", `it holds ${last + 1} volumes (${shown})`, {
      where,
      hint: `pass frame: 0 to ${last}`,
    });
  }
  if (!Number.isInteger(frame) || frame < 0 || frame > last)
    fail("invalid-argument", `frame must be an integer from 0 to ${last}, got ${frame}`, {
      where,
      hint: shown,
    });
  return stacks[frame]!;
}

/** "a.dcm", or "a.dcm frame 3". */
export function nameOf({ file, index }: Frame): string {
  const many = file.elements.element("PerFrameFunctionalGroupsSequence") !== undefined;
  return many ? `${file.where} frame ${index}` : file.where;
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

function stackOf(frames: readonly Frame[], label: string): Stack {
  const normal = cross(frames[0]!.row, frames[0]!.column);
  const placed = frames
    .map((frame) => ({ frame, height: dot(normal, frame.position) }))
    .sort((a, b) => a.height - b.height);
  return { frames: placed.map((p) => p.frame), heights: placed.map((p) => p.height), normal, label };
}

/** Neighbours at one place. */
function neighboursAtOnePlace({ frames, heights }: Stack): readonly (readonly [Frame, Frame, number])[] {
  return frames.flatMap((frame, n) =>
    n > 0 && heights[n]! - heights[n - 1]! < SAME_PLACE
      ? [[frames[n - 1]!, frame, heights[n]!] as const]
      : [],
  );
}

/** By one property of the frames, or by two, so that no two frames of a part are at one place and all parts are as large. */
function partition(frames: readonly Frame[], label: string): readonly Stack[] | undefined {
  const names = [...new Set(frames.flatMap((frame) => Object.keys(frame.keys)))];
  const choices = [
    ...names.map((a) => [a]),
    ...names.flatMap((a, n) => names.slice(n + 1).map((b) => [a, b])),
  ];
  for (const choice of choices) {
    const parts = new Map<string, Frame[]>();
    for (const frame of frames) {
      const key = choice.map((name) => `${name} ${frame.keys[name] ?? "none"}`).join(", ");
      const part = parts.get(key);
      if (part) part.push(frame);
      else parts.set(key, [frame]);
    }
    const sizes = new Set([...parts.values()].map((part) => part.length));
    if (parts.size < 2 || sizes.size > 1) continue;
    const stacks = [...parts]
      .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
      .map(([key, part]) => stackOf(part, [label, key].filter(Boolean).join(", ")));
    if (stacks.every((stack) => neighboursAtOnePlace(stack).length === 0)) return stacks;
  }
  return undefined;
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
