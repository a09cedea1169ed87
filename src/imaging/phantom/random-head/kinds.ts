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
export interface HeadKind {
  readonly tissue: Tissue;
  readonly class: number;
  /** Numbers in the label maps that come with SynthSeg: FreeSurfer's below 500, own ones above. */
  readonly labels: readonly number[];
}

/** White-matter lesion: BrainWeb's MS lesion at 1.5 T. HU: a little under white matter, which it replaces with water. */
export const LESION: Tissue = {
  name: "white matter lesion",
  t1: 752,
  t2: 237,
  pd: 0.76,
  hu: { mean: 23, sd: 3 },
};

const kind = (of: keyof typeof HeadLabel, name: HeadClass, labels: readonly number[] = []): HeadKind => ({
  tissue: HEAD_TISSUES[HeadLabel[of]]!,
  class: HEAD_CLASSES.indexOf(name),
  labels,
});

/** The tissues of a head map by their index there. Soft tissue, which the label maps don't divide, becomes fat or muscle when a head is drawn. */
export const HEAD_KINDS: readonly HeadKind[] = [
  kind("air", "background", [0]),
  kind("innerAir", "cavity"),
  kind("skin", "fat", [511]),
  kind("fat", "fat"),
  kind("muscle", "soft", [507]),
  kind("corticalBone", "cortical", [515]),
  kind("diploe", "spongy", [516]),
  kind("mucosa", "soft", [509]),
  kind("csf", "csf", [24]),
  kind("ventricle", "csf", [4, 5, 14, 15, 31, 43, 44, 63, 72]),
  kind("greyMatter", "grey", [3, 42]),
  kind(
    "deepGrey",
    "grey",
    [10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164],
  ),
  kind("cerebellarGrey", "grey", [8, 47]),
  kind("whiteMatter", "white", [2, 41, 251, 252, 253, 254, 255]),
  kind("cerebellarWhite", "white", [7, 46]),
  kind("brainStem", "white", [16, 512]),
  { tissue: LESION, class: HEAD_CLASSES.indexOf("white"), labels: [25, 57, 77] },
  kind("venousBlood", "soft", [30, 62, 502, 514]),
  kind("opticNerve", "soft", [85, 530]),
  kind("vitreous", "eye", [506]),
  kind("lens", "eye", [508]),
];

/** Index in {@link HEAD_KINDS} of a tissue. */
export function indexOfKind(name: keyof typeof HeadLabel): number {
  return HEAD_KINDS.findIndex(({ tissue }) => tissue === HEAD_TISSUES[HeadLabel[name]]);
}
