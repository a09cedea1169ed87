import { assert } from "../../../base/errors/index.ts";
import { type ImageOrigin, sameGrid, type Triple, type Volume } from "../../../imaging/volume/index.ts";
import { Normalizer, type NormalizerJson, type PreparationJson } from "../../preparation/index.ts";
import type { Case } from "../case.ts";
import type { PreparedCase, Reference } from "../prepared-case.ts";
import { encodeHeader, SHARD_END, type ShardHeader, shardLayout } from "./shard-header.ts";
import { asHalf, asHu, asTable, type Codes, factsOf, type StoredImage } from "./stored-image.ts";

/** Options of {@link encodeShard}. */
export interface ShardOptions {
  /** Whose it is. */
  readonly source: Pick<Case, "id" | "patient" | "centre">;
  /** What the case was prepared by. */
  readonly preparation: PreparationJson;
  /** Voxel axis that planes lie across, 0 x, 1 y, 2 z: that of slices. Default 2. */
  readonly axis?: 0 | 1 | 2;
  /** Tells one state of the source's files from another. */
  readonly fingerprint?: string;
  readonly origin?: ImageOrigin;
}

interface Coded {
  readonly image: StoredImage;
  readonly codes: Codes;
}

/**
 * A prepared case as a shard: inputs in half precision, the CT in steps of 1/8 HU (or what its range asks for), labels and masks exact. What one slice needs lies together: the
 * planes of all inputs, then of targets, of the weights in the loss, and of what only scores need.
 *
 * @returns the shard's bytes, the last 32 of them free for the SHA-256 of those before
 * @throws MidashError `unsupported` where the CT in HU lies on another grid than the model's
 */
export function encodeShard(prepared: PreparedCase, options: ShardOptions): Uint8Array {
  const { id, subject, grids, reference, warnings, simulated, bytes } = prepared;
  const { source, axis = 2, fingerprint, origin } = options;
  const { patient, centre } = source;
  const rank = { input: 0, target: 1, mask: 2, reference: 3 } as const;
  const coded = [...inputsOf(prepared), ...targetsOf(prepared, options), ...masksOf(prepared)].sort(
    (a, b) => rank[a.image.role] - rank[b.image.role],
  );
  const { shape, affine } = subject.grid;
  const header: ShardHeader = {
    schema: 1,
    facts: { id, patient, centre, fingerprint, origin, warnings },
    grid: { shape, affine },
    grids,
    axis,
    images: coded.map(({ image }) => image),
    ...(reference ? { referenceSteps: reference.steps } : {}),
    simulated,
    bytes,
  };
  const head = encodeHeader(header);
  const { planes, record, spots } = shardLayout(header);
  const shard = new Uint8Array(head.length + planes * record + SHARD_END);
  shard.set(head);
  for (let p = 0; p < planes; p++)
    for (const [n, { codes }] of coded.entries()) {
      const { at, length } = spots[n]!;
      const start = head.length + p * record + at;
      copyPlane(codes, shape, axis, p, shard.subarray(start, start + length));
    }
  return shard;
}

/** Writes plane `p` of the numbers, rows one after the other. */
function copyPlane(codes: Codes, [nx, ny, nz]: Triple, axis: 0 | 1 | 2, p: number, to: Uint8Array): void {
  if (axis === 2) {
    const plane = codes.subarray(nx * ny * p, nx * ny * (p + 1));
    to.set(new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength));
    return;
  }
  const plane = new (codes.constructor as new (n: number) => Codes)(to.length / codes.BYTES_PER_ELEMENT);
  for (let k = 0, q = 0; k < nz; k++)
    if (axis === 1) {
      for (let i = 0, at = nx * (p + ny * k); i < nx; i++) plane[q++] = codes[at++]!;
    } else for (let j = 0; j < ny; j++) plane[q++] = codes[p + nx * (j + ny * k)]!;
  to.set(new Uint8Array(plane.buffer));
}

function inputsOf({ subject }: PreparedCase): Coded[] {
  return Object.entries(subject.inputs).map(([name, { volume, outside }]) => {
    const { codes, ...as } = asHalf(volume.values());
    return { image: { role: "input", name, ...as, outside, ...factsOf(volume) }, codes };
  });
}

function targetsOf({ id, subject, reference }: PreparedCase, { preparation }: ShardOptions): Coded[] {
  return Object.entries(subject.targets).flatMap(([name, { kind, volume, outside }]): Coded[] => {
    const about = { name, outside, ...factsOf(volume) } as const;
    if (kind === "labels") {
      const { codes, ...as } = asTable(volume);
      return [{ image: { role: "target", kind, ...about, ...as }, codes }];
    }
    const normalizer = name === "ct" && reference && madeBy(preparation, volume, reference);
    if (normalizer) {
      const { codes, ...as } = asHu(reference.ct.values());
      if (as.as === "int16") return [{ image: { role: "target", kind, ...about, ...as, normalizer }, codes }];
    }
    const { codes, ...as } = asHalf(volume.values());
    const own: Coded = { image: { role: "target", kind, ...about, ...as }, codes };
    return reference && name === "ct" ? [own, referenceCt(reference, volume, id)] : [own];
  });
}

/** How the target is made of the CT in HU, where the last step is all that there is between them. */
function madeBy(
  { steps }: PreparationJson,
  target: Volume,
  { ct, steps: done }: Reference,
): NormalizerJson | undefined {
  const last = steps.at(-1);
  if (last?.type !== "normalise" || done !== steps.length - 1 || ct.size !== target.size) return undefined;
  const json = (last.targets as Readonly<Record<string, unknown>>).ct;
  return json === undefined ? undefined : Normalizer.fromJSON(json).toJSON();
}

function referenceCt({ ct }: Reference, like: Volume, id: string): Coded {
  assert(sameGrid(ct, like), "a step after the last one in HU changes the grid, and a shard holds one grid", {
    where: `case ${id}`,
    hint: "put steps that change the grid before normalise",
  });
  const { codes, ...as } = asHu(ct.values());
  return { image: { role: "reference", name: "ct", ...as, outside: 0, ...factsOf(ct) }, codes };
}

/** What the loss needs first. */
function masksOf({ subject: { masks }, reference }: PreparedCase): Coded[] {
  const coded = (role: "mask" | "reference", name: string, volume: Volume): Coded => {
    const { codes, ...as } = asTable(volume);
    return { image: { role, name, ...as, outside: 0, ...factsOf(volume) }, codes };
  };
  const { learnt, ...others } = masks;
  const scored = reference?.scored;
  const same = !scored || scored === masks.scored || scored.data.every((v, i) => v === masks.scored?.data[i]);
  return [
    ...(learnt ? [coded("mask", "learnt", learnt)] : []),
    ...Object.entries(others).map(([name, volume]) => coded("mask", name, volume)),
    ...(same ? [] : [coded("reference", "scored", scored)]),
  ];
}
