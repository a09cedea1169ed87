import { type Frame, nameOf } from "./frame.ts";
import { neighboursAtOnePlace, placesOf, SAME_PLACE, type Stack, type Stacks, stackOf } from "./stack.ts";

/** Properties that count volumes one after the other: the last may have been stopped. */
const OVER_TIME = ["time point", "trigger time", "acquisition", "acquisition time"];

/** By one property of the frames, or by two, so that no two frames of a part are at one place and all parts are as large. */
export function partition(frames: readonly Frame[], label: string): Stacks | undefined {
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
export function inOrder(frames: readonly Frame[], label: string): Stacks | undefined {
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
