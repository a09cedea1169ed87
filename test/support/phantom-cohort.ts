import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../src/base/random/index.ts";
import { writeVolume } from "../../src/host/node/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import { bodyMask, resample, type Volume } from "../../src/imaging/volume/index.ts";

/** Ids of the cases that are whole, in their order. */
export const WHOLE = ["1BA001", "1BA002", "1BA003", "1BA004", "1BA005", "1BA006"] as const;
/** What is wrong with each of the others, as its reason says. */
export const BROKEN: Readonly<Record<string, RegExp>> = {
  "1BA010": /differ|grid/,
  "1BA011": /mask: is empty/,
  "1BA012": /\d+ voxels are NaN/,
  "1BA013": /has no synthetic CT/,
  "1BA014": /truncated/,
  "1BA015": /prediction is constant: 0/,
};

/** A synthetic CT: off by `bias` and noise of `sd` HU in the body; where there is bone, dark by `bone` HU. */
function spoilt(
  ct: Volume,
  body: Volume,
  {
    bias,
    sd,
    bone,
    seed,
  }: { readonly bias: number; readonly sd: number; readonly bone: number; readonly seed: number },
): Volume {
  const random = new Random(seed);
  const values = ct.values();
  const data = Float32Array.from(values, (v, i) =>
    body.data[i] ? v + bias + sd * random.normal() - (v > 300 ? bone : 0) : v,
  );
  return ct.with({ data, unit: "HU" });
}

/**
 * A cohort of simulated heads in `folder`: `data/<id>/{mr,ct,mask}.nii.gz` as SynthRAD packs them, a model's `sct/<id>.mha`, and a better
 * one's `better/sct_<id>.nii.gz`. With `broken`, also cases of which one thing is wrong each.
 */
export async function phantomCohort(
  folder: string,
  options: {
    readonly broken?: boolean;
    readonly shape?: readonly [number, number, number];
    readonly count?: number;
  } = {},
): Promise<void> {
  const { broken = false, shape = [28, 32, 20], count = WHOLE.length } = options;
  const whole = Array.from({ length: count }, (_, n) => `1BA${String(n + 1).padStart(3, "0")}`);
  const ids = [...whole, ...(broken ? Object.keys(BROKEN) : [])];
  for (const name of ["sct", "better"]) await mkdir(join(folder, name), { recursive: true });
  const spacing = shape.map((n, axis) => [196, 224, 160][axis]! / n) as [number, number, number];
  for (const [subject, id] of ids.entries()) {
    const { inputs, ct } = await phantomSubject({ shape, spacing, seed: 7, subject });
    const body = bodyMask(ct);
    const home = join(folder, "data", id);
    await mkdir(home, { recursive: true });
    const bad = 3 * subject + (subject === 4 ? 60 : 0);
    const sct = spoilt(ct, body, { bias: bad - 8, sd: 40 + bad, bone: 100 + 2 * bad, seed: subject });
    const better = spoilt(ct, body, { bias: 4, sd: 35, bone: 40 + bad, seed: subject + 100 });
    const empty = body.with({ data: new Uint8Array(body.size) });
    await writeVolume(join(home, "mr.nii.gz"), inputs.t1!);
    await writeVolume(join(home, "ct.nii.gz"), ct);
    await writeVolume(join(home, "mask.nii.gz"), id === "1BA011" ? empty : body);
    await writeVolume(join(folder, "better", `sct_${id}.nii.gz`), better);
    if (id === "1BA013") continue;
    const file = join(folder, "sct", `${id}.mha`);
    await writeVolume(file, wrong(id, sct));
    if (id === "1BA014") await truncate(file, Math.floor((await readFile(file)).length / 2));
  }
  await writeFile(join(folder, "sct", "readme.txt"), "not a volume");
}

function wrong(id: string, sct: Volume): Volume {
  if (id === "1BA010") return resample(sct, { spacing: [8, 8, 8] });
  if (id === "1BA012") {
    const [nx, ny, nz] = sct.shape;
    const middle = (nx >> 1) + nx * ((ny >> 1) + ny * (nz >> 1));
    return sct.with({ data: sct.values().fill(Number.NaN, middle, middle + 3) });
  }
  if (id === "1BA015") return sct.with({ data: new Float32Array(sct.size) });
  return sct;
}
