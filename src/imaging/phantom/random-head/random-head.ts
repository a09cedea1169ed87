import { breathe } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import { affineFromSpacing, smoothInPlace, type Triple, Volume } from "../../volume/index.ts";
import { smoothField } from "../smooth-field.ts";
import { addArtefacts } from "./artefacts.ts";
import { type RandomContrast, randomContrast } from "./contrast.ts";
import { DEPTH_STEP, type HeadMap, SOFT } from "./head-map.ts";
import { HEAD_CLASSES, HEAD_KINDS, indexOfKind } from "./kinds.ts";
import {
  addGhosts,
  addHair,
  boneFlap,
  burrHoles,
  changeThickness,
  craniectomy,
  cranioplasty,
  cutNeck,
  deepLead,
  dentalMetal,
  distort,
  ForeignBodies,
  type RareCases,
  rareCases,
  silence,
} from "./rare/index.ts";
import { warpedMap } from "./warp.ts";

/** Options of {@link randomHead}. */
export interface RandomHeadOptions {
  /** The same seed gives the same bits. */
  readonly seed: string;
  /** Voxels along R, A, S. Default [136, 168, 168]. */
  readonly shape?: Triple;
  /** mm. Default 1.5 mm isotropic. */
  readonly spacing?: Triple;
  /** Shares of heads with what is rare. Default: see {@link RareCases}; `NO_RARE_CASES` for none. */
  readonly rare?: Partial<RareCases>;
  readonly signal?: AbortSignal;
}

/** One simulated head, on one grid. */
export interface RandomHead {
  /** Of a random sequence, in arbitrary units. */
  readonly mr: Volume;
  /** HU, without noise. */
  readonly ct: Volume;
  /** Uint8, an index of {@link HEAD_CLASSES} in each voxel. */
  readonly classes: Volume;
  /** Uint8: 1 where the MR has a field of view. */
  readonly covered: Volume;
  /** Name of the sequence. */
  readonly sequence: string;
  /** What it has of what is rare. Of `dental` and others a head that lacks their place has nothing to show. */
  readonly rare: readonly (keyof RareCases)[];
}

const NOTHING = indexOfKind("air");
const FAT = indexOfKind("fat");
const MUSCLE = indexOfKind("muscle");
const SPONGY = indexOfKind("diploe");
const BRAIN: ReadonlySet<number> = new Set(
  HEAD_KINDS.flatMap((kind, n) => (["csf", "grey", "white"].includes(HEAD_CLASSES[kind.class]!) ? [n] : [])),
);

/**
 * A random MR of a random head, its CT and its classes: for networks that shall work on any scanner's images and sequences, though they have
 * seen none (Billot et al. 2023, "SynthSeg", on segmentation). The head's shape, place, fat, bone density, the sequence, shading, noise, slice
 * thickness, field of view, all are drawn; a few heads have no face or no skull, and a few what is {@link RareCases} in patients.
 */
export async function randomHead(map: HeadMap, options: RandomHeadOptions): Promise<RandomHead> {
  const { seed, shape = [136, 168, 168], spacing = [1.5, 1.5, 1.5], signal } = options;
  const draw = (name: string) => Random.fork(seed, name);
  const codes = warpedMap(map, draw("warp"), shape, spacing);
  await breathe(signal);
  const cases = rareCases(seed, options.rare);
  const bodies = new ForeignBodies(codes, shape, spacing);
  cases("thickness", (random) => changeThickness(codes, random, shape, spacing));
  cases("burrHoles", (random) => burrHoles(bodies, random));
  cases("boneFlap", (random) => boneFlap(bodies, random));
  cases("cranioplasty", (random) => cranioplasty(bodies, random));
  cases("craniectomy", (random) => craniectomy(bodies, random));
  cases("lead", (random) => deepLead(bodies, random));
  cases("dental", (random) => dentalMetal(bodies, random));
  cases("neck", (random) => cutNeck(codes, random, shape, spacing));
  divideSoftTissue(codes, draw("fat"), shape, spacing);
  const rare = draw("rare");
  removeFace(codes, rare, shape);
  stripSkull(codes, rare);
  bodies.clear();
  const contrast = randomContrast(draw("contrast"));
  const image = painted(codes, contrast, draw("texture"), shape, spacing);
  await breathe(signal);
  if (bodies.any) distort(image, bodies, draw("metal"), contrast.name);
  cases("motion", (random) => addGhosts(image, random, shape, spacing));
  addArtefacts(image, draw("artefacts"), shape, spacing);
  cases("silence", (random) => silence(image, codes, random));
  await breathe(signal);
  const covered = fieldOfView(image, draw("view"), shape);
  const gain = Math.exp(draw("gain").uniform(3, 8));
  for (let v = 0; v < image.length; v++) image[v]! *= gain;
  const hu = hounsfield(codes, bodies, draw("ct"));
  cases("hair", (random) => addHair(hu, codes, random, shape, spacing));
  const common = { shape, affine: affineFromSpacing(spacing), simulated: true };
  const label = (data: Uint8Array) => new Volume({ ...common, data });
  return {
    mr: new Volume({ ...common, data: image, unit: "arbitrary" }),
    ct: new Volume({ ...common, data: hu, unit: "HU" }),
    classes: label(codes.map((code) => HEAD_KINDS[code]!.class)),
    covered: label(covered),
    sequence: contrast.name,
    rare: cases.drawn,
  };
}

/** Soft tissue becomes fat below the skin, as thick as it may be here and there, and muscle with streaks of fat below that. */
function divideSoftTissue(codes: Uint8Array, random: Random, shape: Triple, spacing: Triple): void {
  const thickness = smoothField(random, shape, spacing, 35);
  const streaks = smoothField(random, shape, spacing, 7);
  const usual = random.uniform(1, 7); // mm of skin and fat
  const level = random.uniform(0.3, 1.5);
  for (let v = 0; v < codes.length; v++) {
    const depth = codes[v]! - SOFT;
    if (depth < 0) continue;
    const mm = (depth + 0.5) * DEPTH_STEP;
    codes[v] = mm < usual * (1 + 0.4 * thickness[v]!) || streaks[v]! > level ? FAT : MUSCLE;
  }
}

/** One head in eight lost its face for privacy: all that lies before a plane through forehead and chin. */
function removeFace(codes: Uint8Array, random: Random, [nx, ny, nz]: Triple): void {
  const [lost, y, z, slope] = [
    random.next() < 0.12,
    random.uniform(0.62, 0.8),
    random.uniform(0.3, 0.5),
    random.uniform(0.2, 1),
  ];
  if (!lost) return;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      if (j - y * ny < slope * (k - z * nz)) continue;
      const at = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) if (!BRAIN.has(codes[at + i]!)) codes[at + i] = NOTHING;
    }
}

/** One in 25 is brain and fluid alone, as after skull stripping. What does not show has no CT either: a network is not to make up a skull. */
function stripSkull(codes: Uint8Array, random: Random): void {
  if (random.next() >= 0.04) return;
  for (let v = 0; v < codes.length; v++) if (!BRAIN.has(codes[v]!)) codes[v] = NOTHING;
}

/** The sequence's brightness of each voxel's tissue, with texture: coarse and fine alike. */
function painted(
  codes: Uint8Array,
  { mean, sd }: RandomContrast,
  random: Random,
  shape: Triple,
  spacing: Triple,
): Float32Array {
  const texture = smoothField(random, shape, spacing, 4);
  const slow = smoothField(random, shape, spacing, 20);
  const marrow = smoothField(random, shape, spacing, 10);
  const image = new Float32Array(codes.length);
  for (let v = 0; v < image.length; v++) {
    const code = codes[v]!;
    const varied = code === SPONGY ? 0.25 * marrow[v]! : 0.7 * texture[v]! + 0.7 * slow[v]!;
    image[v] = Math.max(
      0,
      mean[code]! + (code === 0 ? 0 : (code === SPONGY ? mean[code]! : sd[code]!) * varied),
    );
  }
  return image;
}

/** The table's HU, bone by the subject's density and by place, tissues mixed a little where they meet. */
function hounsfield(codes: Uint8Array, bodies: ForeignBodies, random: Random): Float32Array {
  const { shape, spacing } = bodies;
  const density = Math.min(1.35, Math.max(0.7, 1 + 0.14 * random.normal()));
  const place = smoothField(random, shape, spacing, 30);
  const texture = smoothField(random, shape, spacing, 5);
  const means = HEAD_KINDS.map(({ tissue: { hu } }) => hu.mean + 0.5 * hu.sd * random.normal());
  const out = new Float32Array(codes.length);
  for (let v = 0; v < out.length; v++) {
    const code = codes[v]!;
    const { hu, bone } = HEAD_KINDS[code]!.tissue;
    const value = means[code]! + hu.sd * texture[v]!;
    out[v] = bone ? value * density * Math.min(1.4, Math.max(0.6, 1 + 0.1 * place[v]!)) : value;
  }
  bodies.each((v, { hu }) => {
    out[v] = hu;
  });
  smoothInPlace(out, shape, [0.4, 0.4, 0.4]);
  for (let v = 0; v < out.length; v++) out[v] = Math.max(-1024, out[v]!);
  bodies.clip(out);
  return out;
}

/** Half of all images end somewhere in the head or neck. @returns 1 where the image has values; the rest of it becomes 0 */
function fieldOfView(image: Float32Array, random: Random, [nx, ny, nz]: Triple): Uint8Array {
  const cut = (often: number, most: number) => (random.next() < often ? random.next() * most : 0);
  const bottom = Math.floor(nz * cut(0.5, 0.4));
  const top = nz - Math.floor(nz * cut(0.12, 0.3));
  const [left, right] = [Math.floor(nx * cut(0.06, 0.2)), nx - Math.floor(nx * cut(0.06, 0.2))];
  const [back, front] = [Math.floor(ny * cut(0.06, 0.15)), ny - Math.floor(ny * cut(0.08, 0.2))];
  const covered = new Uint8Array(image.length);
  for (let k = bottom; k < top; k++)
    for (let j = back; j < front; j++) covered.fill(1, left + nx * (j + ny * k), right + nx * (j + ny * k));
  for (let v = 0; v < image.length; v++) if (!covered[v]) image[v] = 0;
  return covered;
}
