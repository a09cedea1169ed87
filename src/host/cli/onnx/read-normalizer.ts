import { assert, fail, MidashError, orNearest } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { Normalizer, type NormalizerSpec } from "../../../road/preparation/index.ts";

/** How a normalizer is written on the command line. */
export const NORMALIZER_FORM = "KIND[:a,b][:low,high][:unclipped]";

type Pair = readonly [number, number];

interface Numbers {
  /** What stands first behind the kind. */
  readonly of?: Pair;
  /** The range of the result. */
  readonly output?: Pair;
  /** `false` where values may leave it. */
  readonly clip?: boolean;
}

/** What the numbers make of each kind. */
const KINDS: Readonly<Record<NormalizerSpec["type"], (numbers: Numbers) => Normalizer>> = {
  percentile: ({ of, ...range }) =>
    Normalizer.percentile({ ...range, ...(of ? { low: of[0], high: of[1] } : {}) }),
  zscore({ of, clip }) {
    assert(!of && clip === undefined, "takes no numbers and never clips", { where: "zscore" });
    return Normalizer.zscore();
  },
  minmax({ of, output, ...range }) {
    assert(!of || !output, "takes one range, that of the result", { where: "minmax" });
    return Normalizer.minmax({ ...range, output: output ?? of });
  },
  window({ of, ...range }) {
    assert(of, "needs the values that become the ends", { where: "window", hint: "e.g. window:0,1000" });
    return Normalizer.window({ ...range, min: of[0], max: of[1] });
  },
};

/**
 * A normalizer of {@link NORMALIZER_FORM}: "percentile:1,99:-1,1", "zscore", "zscore:foreground", "minmax:-1,1", "window:0,1000:unclipped".
 *
 * @throws MidashError `invalid-argument`
 */
function readNormalizer(text: string, where: string): Normalizer {
  const [kind = "", ...rest] = text.split(":");
  if (kind === "zscore" && rest.join() === "foreground") return Normalizer.zscore({ mask: "foreground" });
  const unclipped = rest.at(-1) === "unclipped";
  const numbers = unclipped ? rest.slice(0, -1) : rest;
  if (!Object.hasOwn(KINDS, kind) || numbers.length > 2)
    return fail("invalid-argument", `must be ${NORMALIZER_FORM}, got "${text}"`, {
      where,
      hint: orNearest(kind, Object.keys(KINDS)),
    });
  const pair = valueKinds.tuple(2, valueKinds.number());
  const [of, output] = numbers.map((part) => pair.read(part, where));
  try {
    return KINDS[kind as NormalizerSpec["type"]]({ of, output, ...(unclipped ? { clip: false } : {}) });
  } catch (error) {
    if (!MidashError.is(error)) throw error;
    throw new MidashError(error.kind, error.message, { where, cause: error });
  }
}

/**
 * The inputs by their names in channel order, each with how it is normalised: "HOW" for all, "NAME=HOW" for one.
 *
 * @throws MidashError `invalid-argument` for a name that is no input
 */
export function readNormalizers(
  names: readonly string[],
  given: readonly string[],
  otherwise: Normalizer,
): { readonly name: string; readonly normalizer: Normalizer }[] {
  const where = "--normalise";
  let all = otherwise;
  const own = new Map<string, Normalizer>();
  for (const text of given) {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(at, 0));
    const normalizer = readNormalizer(text.slice(at + 1), where);
    if (at < 0) all = normalizer;
    else assert(names.includes(name), `there is no input "${name}"`, { where, hint: orNearest(name, names) });
    if (at >= 0) own.set(name, normalizer);
  }
  return names.map((name) => ({ name, normalizer: own.get(name) ?? all }));
}
