import { mapInto } from "../../base/bytes/index.ts";
import type { Volume } from "../volume/index.ts";
import { HeadLabel } from "./tissues.ts";

/** Which labels of the head each class holds. */
const CLASSES = {
  air: ["air", "innerAir"],
  soft: ["skin", "muscle", "mucosa", "vitreous", "lens", "opticNerve", "venousBlood"],
  fat: ["fat"],
  bone: ["corticalBone", "diploe", "denseBone"],
  csf: ["csf", "ventricle"],
  grey: ["greyMatter", "deepGrey", "cerebellarGrey"],
  white: ["whiteMatter", "cerebellarWhite", "brainStem"],
} as const satisfies Readonly<Record<string, readonly (keyof typeof HeadLabel)[]>>;

/** Names of the classes of {@link tissueClasses}: class n is label n. */
export const PHANTOM_CLASSES: readonly (keyof typeof CLASSES)[] = Object.keys(
  CLASSES,
) as (keyof typeof CLASSES)[];

/** The labels of a simulated head, reduced to {@link PHANTOM_CLASSES}: Uint8, on the same grid. */
export function tissueClasses(labels: Volume): Volume {
  const table = new Uint8Array(Object.keys(HeadLabel).length);
  for (const [n, name] of PHANTOM_CLASSES.entries())
    for (const label of CLASSES[name]) table[HeadLabel[label]] = n;
  return labels.with({ data: mapInto(new Uint8Array(labels.size), labels.data, (label) => table[label]!) });
}
