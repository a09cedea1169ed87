import { fail } from "../../../base/errors/index.ts";
import type { Triple } from "../../volume/index.ts";
import type { FormatReadOptions, LeftOut } from "../format.ts";
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

/** All volumes of a series. */
export interface Stacks {
  readonly stacks: readonly Stack[];
  /** Of a scan that was stopped: the slices that make no whole volume. */
  readonly leftOut: readonly LeftOut[];
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

/** Properties that count volumes one after the other: the last may have been stopped. */
const OVER_TIME = ["time point", "trigger time", "acquisition", "acquisition time"];

/** By one property of the frames, or by two, so that no two frames of a part are at one place and all parts are as large. */
function partition(frames: readonly Frame[], label: string): Stacks | undefined {
  const names = [...new Set(frames.flatMap((frame) => Object.keys(frame.keys)))];
  const choices = [
    ...names.map((a) => [a]),
    ...names.flatMap((a, n) => names.slice(n + 1).map((b) => [a, b])),
  ];
  const places = placesOf(stackOf(frames, ""));
  for (const choice of choices) {
    const parts = new Map<string, Frame[]>();
    for (const frame of frames) {
      const key = choice.map((name) => `${name} ${frame.keys[name] ?? "none"}`).join(", ");
      const part = parts.get(key);
      if (part) part.push(frame);
      else parts.set(key, [frame]);
    }
    const sorted = [...parts]
      .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
      .map(([key, part]) => stackOf(part, [label, inWords(key)].filter(Boolean).join(", ")));
    const inTime = choice.some((name) => OVER_TIME.includes(name));
    const found = wholeOnes(sorted, {
      least: inTime ? places : Math.min(2, places),
      stopped: inTime && choice.length === 1,
    });
    if (found) return found;
  }
  return undefined;
}

/**
 * By the order in which images were taken, where nothing names the volume: the first at each place is of the first volume, and so on. The numbers must
 * run through volume after volume, or through place after place.
 */
function inOrder(frames: readonly Frame[], label: string): Stacks | undefined {
  const numbers = new Set(frames.map(({ instance }) => instance));
  if (numbers.size < frames.length || numbers.has(Number.NaN)) return undefined;
  const { frames: sorted, heights } = stackOf(frames, "");
  const places: Frame[][] = [];
  for (const [n, frame] of sorted.entries())
    if (n > 0 && heights[n]! - heights[n - 1]! < SAME_PLACE) places.at(-1)!.push(frame);
    else places.push([frame]);
  for (const place of places) place.sort((a, b) => a.instance - b.instance);
  const count = Math.max(...places.map(({ length }) => length));
  const volumes = Array.from({ length: count }, (_, n) => places.flatMap((place) => place[n] ?? []));
  if (!follow(volumes) && !follow(places)) return undefined;
  const named = volumes.map((volume, n) =>
    stackOf(volume, [label, `volume ${n + 1}`].filter(Boolean).join(", ")),
  );
  return wholeOnes(named, { least: places.length, stopped: true });
}

/** Whether each group's numbers lie behind those of the group before it, forwards or backwards. */
function follow(groups: readonly (readonly Frame[])[]): boolean {
  const spans = groups.map((group) => {
    const numbers = group.map(({ instance }) => instance);
    return [Math.min(...numbers), Math.max(...numbers)] as const;
  });
  const forwards = spans.every(([low], n) => n === 0 || low > spans[n - 1]![1]);
  return forwards || spans.every(([, high], n) => n === 0 || high < spans[n - 1]![0]);
}

/** How many places there are. */
function placesOf({ heights }: Stack): number {
  return heights.filter((height, n) => n === 0 || height - heights[n - 1]! >= SAME_PLACE).length;
}

/**
 * Stacks of one size, without two slices at one place. Where the last may be smaller, there must be two whole ones before it.
 *
 * @param options `least` slices make a volume: slices that were taken one by one, or in pairs, each have a time of their own
 */
function wholeOnes(
  stacks: readonly Stack[],
  { least, stopped }: { readonly least: number; readonly stopped: boolean },
): Stacks | undefined {
  const size = Math.max(...stacks.map(({ frames }) => frames.length));
  if (size < least) return undefined;
  const last = stacks.at(-1)!;
  const unfinished = stopped && stacks.length > 2 && last.frames.length < size;
  const whole = unfinished ? stacks.slice(0, -1) : stacks;
  if (whole.length < 2 || whole.some(({ frames }) => frames.length !== size)) return undefined;
  if (whole.some((stack) => neighboursAtOnePlace(stack).length > 0)) return undefined;
  if (!unfinished) return { stacks: whole, leftOut: [] };
  const [first, ...more] = last.frames;
  const file = nameOf(first!) + (more.length > 0 ? ` to ${nameOf(more.at(-1)!)}` : "");
  const why = `${last.frames.length} of ${size} slices of a volume that was not finished (${last.label})`;
  return { stacks: whole, leftOut: [{ file, why, doubtful: true }] };
}

/** What the third and fourth value of an image type mean (PS3.3, C.8.3.1.1.1, and the vendors' own). */
const IMAGE_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\\(W|WATER)(\\|$)/, "water"],
  [/\\(F|FAT)(\\|$)/, "fat"],
  [/\\(IP|IN_PHASE)(\\|$)/, "in phase"],
  [/\\(OP|OPP_PHASE|OUT_PHASE)(\\|$)/, "out of phase"],
  [/\\(M|M_FFE|M_SE|M_IR|MAGNITUDE)(\\|$)/, "magnitude"],
  [/\\(P|PHASE|PHASE MAP|P_FFE)(\\|$)/, "phase"],
  [/\\(R|REAL|R_FFE)(\\|$)/, "real part"],
  [/\\(I|IMAGINARY|I_FFE)(\\|$)/, "imaginary part"],
];

/** A key with its meaning behind it, where that is not plain. */
function inWords(key: string): string {
  if (!key.includes("image type ")) return key;
  const meaning = IMAGE_TYPES.find(([type]) => type.test(key.toUpperCase()))?.[1];
  return meaning ? `${key} (${meaning})` : key;
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
