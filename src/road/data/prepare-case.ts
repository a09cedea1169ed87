import { assert, MidashError } from "../../base/errors/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import {
  assertSameGrid,
  bodyMask,
  dilateMask,
  maskBytes,
  sameGrid,
  type Volume,
} from "../../imaging/volume/index.ts";
import { type Plan, type Prepared, prepareInputs, toModelGrid } from "../preparation/index.ts";
import type { Case } from "./case.ts";

/** A case's volumes as they are in the files, on one grid. */
export interface LoadedCase {
  readonly inputs: Readonly<Record<string, Volume>>;
  readonly target: Volume;
  /** Where scores are taken: the body of the CT and the case's mask. Uint8. */
  readonly scored: Volume;
  /**
   * Weight of each voxel in the loss: 1 in the body, {@link RING_WEIGHT} in a ring of {@link LOSS_MARGIN} mm around it, 0
   * elsewhere and outside the case's mask. Float32.
   */
  readonly learnt: Volume;
}

/** The loss reaches this many mm beyond the body, so that the model also learns where the body ends. */
const LOSS_MARGIN = 10;

/** Small: the ring's air is easy, and what else lies there (tables, head rests, boxes) is not what MR shows. */
const RING_WEIGHT = 0.1;

/** Loads the named inputs, the target and the masks, and checks that they belong together. */
export async function loadCase(
  source: Case,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<LoadedCase> {
  const { id } = source;
  assert(source.target, "has no target CT", { where: `case ${id}` });
  const target = await source.target.load(signal);
  assert(target.unit === "HU", `the target's unit is "${target.unit}", not HU`, { where: `case ${id}` });
  assertFinite(target, id);
  const inputs: Record<string, Volume> = {};
  for (const name of names) {
    const ref = source.inputs[name];
    assert(ref, `has no input "${name}"`, {
      where: `case ${id}`,
      hint: `its inputs are ${Object.keys(source.inputs).join(", ")}`,
    });
    inputs[name] = await ref.load(signal);
    assertSameGrid(inputs[name], target, [name, "target"], `case ${id}`);
  }
  const given = await source.mask?.load(signal);
  const mask = given?.with({ data: maskBytes(given) });
  if (mask) assertSameGrid(mask, target, ["mask", "target"], `case ${id}`);
  const body = bodyMask(target);
  return {
    inputs,
    target,
    scored: intersect(body, mask, id),
    learnt: lossWeights(body, mask),
  };
}

/** A case on the model's grid. */
export interface PreparedCase {
  readonly id: string;
  readonly inputs: Prepared;
  /** HU. */
  readonly ct: Volume;
  /** In the target normalizer's range. */
  readonly target: Volume;
  readonly targetFill: number;
  readonly scored: Volume;
  readonly learnt: Volume;
  readonly bytes: number;
}

export async function prepareCase(source: Case, plan: Plan, signal?: AbortSignal): Promise<PreparedCase> {
  const names = plan.inputs.map((i) => i.name);
  const loaded = await loadCase(source, names, signal);
  const inputs = await prepareInputs(loaded.inputs, plan, { where: `case ${source.id}`, signal });
  const onGrid = (volume: Volume, how: "linear" | "nearest") =>
    toModelGrid(volume, plan, { interpolation: how, signal });
  const ct = onGrid(loaded.target, "linear");
  if (!sameGrid(ct, inputs.grid)) throw new MidashError("internal", `case ${source.id}: grids parted ways`);
  const learnt = onGrid(loaded.learnt, "nearest");
  const target = plan.target.apply(ct);
  return {
    id: source.id,
    inputs,
    ct,
    target,
    targetFill: plan.target.applyValues(Float32Array.of(AIR_HU))[0]!,
    scored: onGrid(loaded.scored, "nearest"),
    learnt,
    bytes: 4 * ct.size * (inputs.channels.length + 3),
  };
}

function assertFinite(ct: Volume, id: string): void {
  let bad = 0;
  for (let i = 0; i < ct.data.length; i++) if (!Number.isFinite(ct.data[i]!)) bad++;
  assert(bad === 0, `the target holds ${bad} NaN or infinite voxels`, {
    where: `case ${id}`,
    hint: "replace them by HU first",
  });
}

function lossWeights(body: Volume, mask: Volume | undefined): Volume {
  const grown = dilateMask(body, LOSS_MARGIN);
  const data = new Float32Array(body.size);
  for (let i = 0; i < data.length; i++)
    if (grown.data[i] && (!mask || mask.data[i])) data[i] = body.data[i] ? 1 : RING_WEIGHT;
  return body.with({ data });
}

function intersect(a: Volume, b: Volume | undefined, id: string): Volume {
  if (!b) return a;
  const data = Uint8Array.from({ length: a.size }, (_, i) => (a.data[i] && b.data[i] ? 1 : 0));
  assert(data.includes(1), "the mask and the body have no voxel in common", {
    where: `case ${id}`,
    hint: "check the mask",
  });
  return a.with({ data });
}
