import type { Random } from "../../base/random/index.ts";
import type { Tf } from "./backend.ts";

/** tf's own random ops, and where among their arguments the seed stands. Without one, tf takes Math.random. */
const SEED_AT = {
  dropout: 3,
  multinomial: 2,
  randomGamma: 4,
  randomNormal: 4,
  randomStandardNormal: 2,
  randomUniform: 4,
  randomUniformInt: 3,
  truncatedNormal: 4,
} as const satisfies { readonly [K in keyof Tf]?: number };

/** tf with random ops that draw from `random()` unless the caller gives a seed. All else is tf's own. */
export function seededTf(tf: Tf, random: () => Random): Tf {
  const seeded = Object.entries(SEED_AT).map(([name, at]) => {
    const op = tf[name as keyof typeof SEED_AT] as unknown as (...args: unknown[]) => unknown;
    const withSeed = (...args: unknown[]) => {
      // Not 0, which tf takes for none.
      if (args[at] === undefined) args[at] = 1 + random().integer(2 ** 31 - 1);
      return op(...args);
    };
    return [name, withSeed] as const;
  });
  return { ...tf, ...Object.fromEntries(seeded) };
}
