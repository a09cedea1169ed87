import { assert, MidashError } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { SweepRange } from "../../../road/training/index.ts";

/** One setting and what is tried of it. */
export interface Axis {
  readonly key: string;
  readonly tried: readonly unknown[] | SweepRange;
}

/** A combination: a value of each setting that is varied. */
export type Candidate = Readonly<Record<string, unknown>>;

/** "learningRate=1e-3,1e-4", "learningRate=1e-5..1e-2:log", 'augmentations=[["flip"],[]]' as axes; the last of a key counts. */
export function axesOf(
  given: readonly string[],
  config: Readonly<Record<string, readonly unknown[] | SweepRange>> = {},
): readonly Axis[] {
  const axes = new Map(Object.entries(config).map(([key, tried]) => [key, checked(key, tried)]));
  for (const text of given) {
    const at = text.indexOf("=");
    assert(at > 0, `must be name=value,value,..., got "${text}"`, {
      where: "--vary",
      hint: "e.g. --vary learningRate=1e-3,1e-4",
    });
    const key = camel(text.slice(0, at).trim());
    axes.set(key, checked(key, valuesIn(text.slice(at + 1).trim())));
  }
  assert(axes.size > 0, "nothing is varied", {
    where: "--vary",
    hint: "e.g. --vary learningRate=1e-3,1e-4 --vary ema=0,0.999",
  });
  return [...axes].map(([key, tried]) => ({ key, tried }));
}

/** Flags are known by their own names too: "learning-rate". */
function camel(name: string): string {
  return name.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function valuesIn(text: string): Axis["tried"] {
  const [, from, to, log] = /^([-+\d.eE]+)\.\.([-+\d.eE]+?)(:log)?$/.exec(text) ?? [];
  if (from !== undefined) return { from: Number(from), to: Number(to), log: log !== undefined };
  if (!text.startsWith("[")) return text.split(",").map((value) => value.trim());
  try {
    return JSON.parse(text) as readonly unknown[];
  } catch (cause) {
    throw new MidashError("invalid-argument", `is no JSON: ${text}`, {
      where: "--vary",
      hint: 'e.g. [["flip"],[]]',
      cause,
    });
  }
}

function checked(key: string, tried: Axis["tried"]): Axis["tried"] {
  const where = `--vary ${key}`;
  if (Array.isArray(tried))
    assert(tried.length > 0 && tried.every((value) => value !== ""), "has no values", { where });
  else {
    const { from, to, log = false } = (tried ?? {}) as SweepRange;
    assert(Number.isFinite(from) && from < to, "must go from a number to a larger one", {
      where,
      hint: "e.g. 1e-5..1e-2:log",
    });
    assert(!log || from > 0, "a logarithm needs numbers above 0", { where });
  }
  return tried;
}

/** Every combination, the last setting running fastest. @throws MidashError `invalid-argument` for a range, which has no end of values */
export function gridOf(axes: readonly Axis[]): readonly Candidate[] {
  return axes.reduce<readonly Candidate[]>(
    (all, { key, tried }) => {
      assert(Array.isArray(tried), "is a range, which a grid has no values of", {
        where: `--vary ${key}`,
        hint: "name the values, or search by --search random, or say how many by --trials",
      });
      return all.flatMap((one) => tried.map((value: unknown) => ({ ...one, [key]: value })));
    },
    [{}],
  );
}

/** Combinations drawn at random, the same for a seed, however many: each depends on its number alone. */
export function drawnOf(axes: readonly Axis[], count: number, seed: number): readonly Candidate[] {
  return Array.from({ length: count }, (_, n) => {
    const entries = axes.map(({ key, tried }) => {
      const random = Random.fork(seed, `sweep/${n}/${key}`);
      return [
        key,
        Array.isArray(tried) ? tried[random.integer(tried.length)] : drawn(tried as SweepRange, random),
      ];
    });
    return Object.fromEntries(entries);
  });
}

/** Between whole numbers, on a plain scale, whole ones; else to four digits, which are easier to say again. */
function drawn({ from, to, log = false }: SweepRange, random: Random): number {
  if (!log && Number.isInteger(from) && Number.isInteger(to)) return from + random.integer(to - from + 1);
  const value = log
    ? Math.exp(Math.log(from) + random.next() * Math.log(to / from))
    : from + random.next() * (to - from);
  return Number(value.toPrecision(4));
}
