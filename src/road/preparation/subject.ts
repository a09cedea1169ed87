import { assert, type Where } from "../../base/errors/index.ts";
import { assertSameGrid, backgroundOf, type Grid, type Volume } from "../../imaging/volume/index.ts";

/** One image of a subject. */
export interface SubjectImage {
  readonly volume: Volume;
  /** The value of what lies beyond its field of view: an MR's own background, air for a CT, in the unit that the volume has now. */
  readonly outside: number;
  /** True where a step made the values for this image alone, so that the next step may overwrite them. Default false. */
  readonly own?: boolean;
}

/** What a model learns: a CT in HU, or labels, one whole number a voxel. */
export interface TargetImage extends SubjectImage {
  readonly kind: "ct" | "labels";
}

/** All images of one subject, on one grid: what steps take and give. */
export interface Subject {
  readonly grid: Grid;
  /** By name. A missing optional one is absent. */
  readonly inputs: Readonly<Record<string, SubjectImage>>;
  readonly targets: Readonly<Record<string, TargetImage>>;
  /**
   * Label-like volumes, resampled by the nearest voxel. The package's own: `learnt` (weight of a voxel in the loss), `scored` (where scores are
   * taken), `covered` (where a straight grid around an oblique one holds voxels of it).
   */
  readonly masks: Readonly<Record<string, Volume>>;
}

/** An input by name. Order in a list of them is the order of channels. */
export interface InputSpec {
  readonly name: string;
  /** Subjects may lack it. Default false. */
  readonly optional?: boolean;
}

/**
 * The subject of these inputs, without targets and masks. Beyond their fields of view they go on with their own background.
 *
 * @param where whose inputs they are, for errors
 * @throws MidashError `invalid-argument` for a missing input, or one with NaN or infinite voxels; `grid-mismatch`
 */
export function subjectOf(
  given: Readonly<Record<string, Volume>>,
  specs: readonly InputSpec[],
  where = "inputs",
): Subject {
  const inputs: Record<string, SubjectImage> = {};
  let first: { readonly name: string; readonly volume: Volume } | undefined;
  for (const { name, optional } of specs) {
    const volume = given[name];
    assert(
      volume || optional,
      `the model needs the input "${name}"; given: ${Object.keys(given).join(", ") || "none"}`,
      { where, hint: `the model's inputs are ${specs.map((i) => i.name).join(", ")}` },
    );
    if (!volume) continue;
    assertFinite(volume, `the input "${name}"`, where);
    first ??= { name, volume };
    assertSameGrid(first.volume, volume, [first.name, name], where);
    inputs[name] = { volume, outside: backgroundOf(volume) };
  }
  assert(first, "there is no input at all", {
    where,
    hint: `the model's inputs are ${specs.map((i) => i.name).join(", ")}; give one of them`,
  });
  return { grid: first.volume, inputs, targets: {}, masks: {} };
}

/** A model makes confident nonsense of NaN. @throws MidashError `invalid-argument` */
export function assertFinite({ data }: Volume, what: string, where: Where): void {
  let bad = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i]!)) bad++;
  assert(bad === 0, `${what} holds ${bad} NaN or infinite voxels`, {
    where,
    hint: "NaN can be background, an infinite voxel may be anything: replace them by numbers",
  });
}

/** What a volume of a subject is, as far as geometry cares. */
export type VolumeKind = "input" | TargetImage["kind"] | "mask";

/** The subject on another grid: each of its volumes as `move` gives it. */
export function movedTo(
  grid: Grid,
  subject: Subject,
  move: (volume: Volume, kind: VolumeKind, outside: number) => Volume,
): Subject {
  const image = <T extends SubjectImage>(given: T, kind: VolumeKind): T => {
    const volume = move(given.volume, kind, given.outside);
    return { ...given, volume, own: given.own || volume.data !== given.volume.data };
  };
  const { shape, affine } = grid; // not the volume that it may be
  return {
    grid: { shape, affine },
    inputs: mapValues(subject.inputs, (given) => image(given, "input")),
    targets: mapValues(subject.targets, (given) => image(given, given.kind)),
    masks: mapValues(subject.masks, (mask) => move(mask, "mask", 0)),
  };
}

export function mapValues<T, R>(
  record: Readonly<Record<string, T>>,
  map: (value: T, name: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
