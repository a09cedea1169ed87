import type { Random } from "../../base/random/index.ts";
import { type Contrast, type Relaxation, signalOf } from "./contrast.ts";
import type { Tissue, TissueMixture } from "./tissues.ts";

/** A tissue as one subject has it. */
export interface Properties extends Relaxation {
  readonly name: string;
  /** HU before density and texture. */
  readonly hu: number;
  /** SD of the HU texture. */
  readonly texture: number;
  readonly bone: boolean;
  /** The other tissue of a mixture, and its mean share. */
  readonly second?: Properties & { readonly share: number };
}

/** Between-subject spread of T1, T2 and PD, as a share of the table's value (SD). */
const RELAXATION_SPREAD = 0.03;

/** Draws a subject's tissues: relaxation ±3 %, HU by half the tissue's texture. Same-named tissues are drawn alike. */
export function subjectProperties(
  tissues: readonly (Tissue | TissueMixture)[],
  random: Random,
): Properties[] {
  const drawn = new Map<string, Properties>();
  const one = (tissue: Tissue): Properties => {
    const known = drawn.get(tissue.name);
    if (known) return known;
    const vary = (value: number) => value * Math.max(0.8, 1 + RELAXATION_SPREAD * random.normal());
    const property: Properties = {
      name: tissue.name,
      t1: vary(tissue.t1),
      t2: vary(tissue.t2),
      pd: Math.min(1, vary(tissue.pd)),
      hu: tissue.hu.mean + 0.5 * tissue.hu.sd * random.normal(),
      texture: tissue.hu.sd,
      bone: tissue.bone ?? false,
    };
    drawn.set(tissue.name, property);
    return property;
  };
  return tissues.map((tissue) => {
    if (!("tissues" in tissue)) return one(tissue);
    const [first, second] = tissue.tissues;
    return { ...one(first), name: tissue.name, second: { ...one(second), share: tissue.share } };
  });
}

/** Signals of each class under a contrast. */
export interface ClassSignals {
  readonly first: Float64Array;
  /** Of a mixture's second tissue; of others, the same again. */
  readonly other: Float64Array;
  /** The reference tissue's signal; the strongest one's if the table has no tissue of that name. */
  readonly reference: number;
}

export function classSignals(properties: readonly Properties[], contrast: Contrast): ClassSignals {
  const first = Float64Array.from(properties, (p) => signalOf(p, contrast));
  const other = Float64Array.from(properties, (p) => signalOf(p.second ?? p, contrast));
  const named = properties.findIndex((p) => p.name === contrast.reference);
  const strongest = Math.max(...first.map(Math.abs), ...other.map(Math.abs));
  const reference = named >= 0 ? Math.abs(first[named]!) : strongest;
  return { first, other, reference: reference > 0 ? reference : 1 };
}
