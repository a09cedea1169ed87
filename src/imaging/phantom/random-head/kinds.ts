import { LABELLED_TISSUES } from "../label-map-tissues.ts";
import { HEAD_TISSUES, HeadLabel, type Tissue } from "../tissues.ts";

/** Names of the classes of a random head: class n is label n. `tissue` outputs of models that are trained on them have these. */
export const HEAD_CLASSES = [
  "background",
  "fat", // scalp and fat
  "soft", // muscle and all other soft tissue
  "cortical",
  "spongy",
  "cavity", // air inside the head
  "csf",
  "grey",
  "white",
  "eye",
] as const;

/** Name of a class of {@link HEAD_CLASSES}. */
export type HeadClass = (typeof HEAD_CLASSES)[number];

/** A tissue of a head map, what it is to a scanner, and the class that a model learns. */
interface HeadKind {
  readonly tissue: Tissue;
  readonly class: number;
  /** Numbers in label maps of whole heads. */
  readonly labels: readonly number[];
}

type Name = keyof typeof HeadLabel;

/** The class of each tissue; what is no tissue of the parametric head is a lesion of white matter. */
const CLASS_OF: Readonly<Partial<Record<Name, HeadClass>>> = {
  air: "background",
  innerAir: "cavity",
  skin: "fat",
  fat: "fat",
  muscle: "soft",
  mucosa: "soft",
  venousBlood: "soft",
  opticNerve: "soft",
  corticalBone: "cortical",
  diploe: "spongy",
  csf: "csf",
  ventricle: "csf",
  greyMatter: "grey",
  deepGrey: "grey",
  cerebellarGrey: "grey",
  whiteMatter: "white",
  cerebellarWhite: "white",
  brainStem: "white",
  vitreous: "eye",
  lens: "eye",
};

const labelsOf = (tissue: Tissue) => LABELLED_TISSUES.find(([what]) => what === tissue)?.[1] ?? [];

const named = Object.entries(CLASS_OF).map(([name, of]): HeadKind => {
  const tissue = HEAD_TISSUES[HeadLabel[name as Name]]!;
  return { tissue, class: HEAD_CLASSES.indexOf(of), labels: labelsOf(tissue) };
});

const unnamed = LABELLED_TISSUES.filter(([what]) => !HEAD_TISSUES.includes(what)).map(
  ([tissue, labels]): HeadKind => ({ tissue, class: HEAD_CLASSES.indexOf("white"), labels }),
);

/** The tissues of a head map by their index there, air first. Soft tissue, which label maps don't divide, becomes fat or muscle when a head is drawn. */
export const HEAD_KINDS: readonly HeadKind[] = [...named, ...unnamed];

/** Index in {@link HEAD_KINDS} of a tissue. */
export function indexOfKind(name: Name): number {
  return HEAD_KINDS.findIndex(({ tissue }) => tissue === HEAD_TISSUES[HeadLabel[name]]);
}
