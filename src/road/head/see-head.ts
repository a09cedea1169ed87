import { assert, breathe, fail, throwIfAborted, type Where } from "../../base/errors/index.ts";
import { HEAD_CLASSES } from "../../imaging/phantom/index.ts";
import {
  cropForeground,
  fillHoles,
  foregroundMask,
  keepLargestComponent,
  maskBytes,
  reorient,
  resample,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import { assertFinite, cleanInput, gridAfter, type Preparation } from "../preparation/index.ts";
import {
  draws,
  type EarlyQuestion,
  flips,
  lookAtInput,
  type Predictor,
  type Progress,
  shaken,
} from "../synthesis/index.ts";
import { type BrainMasks, brainMasks } from "./brain.ts";
import { ctOfClasses } from "./class-ct.ts";
import { Kind, likeliest, type Probability, probabilityOf, tissueOf } from "./class-maps.ts";
import { type EarlyPart, EarlyParts } from "./early-parts.ts";
import { firstPlane } from "./first-plane.ts";
import { lookAtHead } from "./look.ts";
import { type Judgement, plausible } from "./plausible.ts";

/** mm of air around the head that the network is asked about: it saw heads in as tight a box. Between whole voxels, or the seventh digit of a voxel's size would decide. */
const AROUND = 11.5;

/** How often a changed image is asked for an uncertainty, each mirrored too. */
const DRAWS = 2;

/** Whom to ask, and how. */
export interface HeadQuestion {
  readonly predictor: Predictor;
  readonly preparation: Preparation;
  /** What errors call the image. */
  readonly where: Where;
  /** Whether the spread over changed images is asked for. */
  readonly uncertain: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** Who wants parts as they come. */
  readonly onPart: ((part: EarlyPart) => void) | undefined;
  /** A point in mm whose plane is wanted before all else. */
  readonly first: Triple | undefined;
}

/** What the network says, on its own grid in RAS order. */
export interface SeenHead {
  readonly mr: Volume;
  readonly ct: Volume;
  readonly probability: Probability;
  readonly spread: Volume | undefined;
  readonly masks: BrainMasks;
  /** 1 in the head, air cavities included. */
  readonly head: Uint8Array;
  readonly judgement: Judgement;
  readonly warnings: readonly string[];
  readonly backend: string;
}

/**
 * Looks at an MR, asks the network, and looks at its answer. All on the network's own grid, so that ten classes take the memory of one at full
 * resolution.
 *
 * @throws MidashError `invalid-argument` for what is no MR of a head, or shows no plausible brain; `aborted`
 */
export async function seeHead(mr: Volume, question: HeadQuestion): Promise<SeenHead> {
  const {
    predictor: network,
    preparation,
    where,
    uncertain,
    signal,
    onProgress,
    onPart,
    first: point,
  } = question;
  throwIfAborted(signal);
  const part =
    point && onPart && (await firstPlane(mr, point, AROUND, { network, preparation, where, signal }));
  if (part) onPart?.(part);
  await breathe(signal);
  const clean = cleanInput(mr, "it", where);
  assertFinite(clean.volume, "it", where);
  const found = [
    ...[...clean.warnings, ...lookAtInput(mr, "mr", { intendedFor: "heads" })].map(
      ({ what }) => `${what[0]!.toUpperCase()}${what.slice(1)}.`,
    ),
    ...lookAtHead(clean.volume, where),
  ];
  const plain = clean.volume.with({ unit: "arbitrary", data: clean.volume.values() });
  const whole = resample(reorient(plain), { like: gridAfter(preparation.steps, mr), fill: "border" });
  await breathe(signal);
  const mask = foregroundMask(whole);
  const coarse = cropForeground(whole, { mask, margin: AROUND });
  const shown = maskBytes(cropForeground(mask, { mask, margin: AROUND }));
  const predictor = uncertain ? draws(shaken(flips(network, ["x"])), DRAWS) : network;
  const inputs = { [network.inputs[0]!.name]: coarse };
  const early = onPart && (async (asked: EarlyQuestion) => new EarlyParts(asked, onPart));
  const how = { seed: 0, signal, onProgress, early };
  const { outputs, spread, backend } = await predictor.predict(inputs, how);
  const { ct, tissue } = outputs;
  assert(
    ct?.kind === "ct" && tissue?.kind === "labels" && String(tissue.classes) === String(HEAD_CLASSES),
    `the model gives ${Object.keys(outputs).join(", ")}, not a CT and the classes of heads as "tissue"`,
    { where, hint: "give a model that was trained with --layout labels" },
  );
  const probability = probabilityOf(tissue.probabilities);
  const { shape, spacing } = coarse;
  const { kinds, sureness } = likeliest(probability);
  for (let n = 0; n < kinds.length; n++) if (!shown[n]) kinds[n] = Kind.outside;
  const marked = (kind: Kind) => kinds.map((found) => (found === kind ? 1 : 0));
  const masks = brainMasks(marked(Kind.brain), marked(Kind.fluid), shape, spacing);
  await breathe(signal);
  const head = kinds.map((found) => (found === Kind.outside ? 0 : 1));
  keepLargestComponent(head, shape, 6);
  fillHoles(head, shape);
  const judgement = plausible({
    shape,
    spacing,
    brain: masks.brain,
    head,
    bone: marked(Kind.bone),
    eyes: marked(Kind.eyes),
    sureness,
    image: coarse.values(),
    tissue: tissueOf(probability, masks.inside),
  });
  if (judgement.impossible)
    fail("invalid-argument", `is no MR of a head: ${judgement.impossible}`, {
      where,
      hint: "check the file's orientation and voxel sizes (midash info); a whole head is needed",
    });
  return {
    mr: coarse,
    ct: ctOfClasses(ct.volume, probability),
    probability,
    spread: spread.ct,
    masks,
    head,
    judgement,
    warnings: [...found, ...judgement.warnings],
    backend,
  };
}
