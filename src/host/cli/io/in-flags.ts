/** How one volume comes onto the grid of another. */
export const RESAMPLE = "resample one onto the other first: npx @midash/core resample IN OUT --like OTHER";

/** What the library calls things for programmers, and what to say on the command line. */
const WORDS: readonly (readonly [api: RegExp, here: string])[] = [
  [/resample one onto the other first, e\.g\. resample\(.*\)/, RESAMPLE],
  [
    /raise limits\.maxVoxels if the file is trusted/,
    "crop it, or read it by the library with a higher limit",
  ],
  [/raise limits\.maxRatio if the file is trusted/, "read it by the library with a higher limit"],
  [/lower the learning rate, set clipNorm, or/, "lower --learning-rate, or"],
  [/leave out split, or set slab/, "leave out --split; --slab and --every choose the slabs"],
  [/leave out slab, or set layout "pair"/, "leave out --slab and --every, or say --layout pair"],
  [/give more cases, or split one pair into slabs/, "give more cases, or set a share of --split to 0"],
  [/choose a smaller slab size/, "choose a smaller --slab or --every"],
  [/name the inputs that all cases have/, "name the inputs that all cases have by --inputs"],
  [/pass volume\.with\(\{ unit: "HU" \}\)/, "say --unit HU if it is one"],
  [/pass series: a UID, number or description/, "choose one by --series: its UID, number or description"],
  [/choose among these$/, "choose among these by --inputs"],
  [/^Metrics\.evaluate: (?=.* of the (prediction|reference) )/, "--$1: "],
  [/^[A-Z][a-z]+\.[a-z]+: (?=the mask is empty)/, "--mask: "],
  [/^brainMask: /, ""],
  [/give a mask of the brain$/, "give a mask of it by --mask"],
  [/^mask: (?=no voxel is above|the volume is constant)/, ""],
  [
    /^(Adam|Classifier|LookupBaseline|Metrics|Normalizer|Slicer|Synthesizer|Trainer|Volume|encodeCtSeries|openDataset|parametricHead|phantomDataset|phantomSubject|resample|simulateFromLabels|statistics|summariseCohort)(\.\w+)?: /,
    "",
  ],
];

/** A message of the library in the words of the command line: flags instead of options, no names of functions. */
export function inFlags(message: string): string {
  return WORDS.reduce((text, [api, here]) => text.replace(api, here), message);
}
