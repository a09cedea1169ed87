import { beforeAll, describe, expect, it } from "vitest";
import { HeadLabel, headTissueTable, parametricHead, simulateFromLabels } from "../../phantom/index.ts";
import {
  affineFromSpacing,
  orientationOf,
  reorient,
  smoothInPlace,
  type Volume,
  Volume as VolumeClass,
} from "../../volume/index.ts";
import { brainMask, Classifier, type TissueResult } from "../index.ts";

/** Class of each label of the phantom: 1 CSF, 2 grey, 3 white; 0 is not brain. */
const TRUTH = new Uint8Array(32);
for (const label of [HeadLabel.csf, HeadLabel.ventricle]) TRUTH[label] = 1;
for (const label of [HeadLabel.greyMatter, HeadLabel.deepGrey, HeadLabel.cerebellarGrey]) TRUTH[label] = 2;
for (const label of [HeadLabel.whiteMatter, HeadLabel.cerebellarWhite, HeadLabel.brainStem]) TRUTH[label] = 3;

function dice(a: ArrayLike<number>, b: ArrayLike<number>, label: number): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === label) sum++;
    if (b[i] === label) sum++;
    if (a[i] === label && b[i] === label) both++;
  }
  return (2 * both) / sum;
}

let images: Readonly<Record<string, Volume>>;
let truth: Volume;
let brain: Volume;
let t1: TissueResult;

beforeAll(async () => {
  const head = await parametricHead({ seed: 5, shape: [48, 56, 46], spacing: [4, 4, 4] });
  const simulated = await simulateFromLabels(head, headTissueTable(), {
    seed: 5,
    contrasts: ["t1", "t2", "flair"],
  });
  images = simulated.inputs;
  truth = simulated.labels.with({ data: Uint8Array.from(simulated.labels.data, (l) => TRUTH[l]!) });
  brain = truth.with({ data: Uint8Array.from(truth.data, (l) => (l > 0 ? 1 : 0)) });
  t1 = await Classifier.tissue({ contrast: "t1" }).classify(images.t1!, { mask: brain });
});

describe("Classifier.tissue on the phantom", () => {
  it("gives each voxel of the mask its class", () => {
    expect(dice(t1.labels.data, truth.data, 1)).toBeGreaterThan(0.95);
    expect(dice(t1.labels.data, truth.data, 2)).toBeGreaterThan(0.9);
    expect(dice(t1.labels.data, truth.data, 3)).toBeGreaterThan(0.9);
    expect(t1.labels.data.every((l, i) => l > 0 === brain.data[i]! > 0)).toBe(true);
    expect([t1.labels.simulated, t1.contrasts, t1.detected, t1.maskRule]).toEqual([
      true,
      ["t1"],
      false,
      "given",
    ]);
    expect(t1.labels.meta).toEqual({ labels: { "1": "csf", "2": "gm", "3": "wm" } });
  });

  it("finds the contrast, and the order of the classes with it", async () => {
    for (const name of ["t1", "t2"] as const) {
      const { contrasts, detected, labels } = await Classifier.tissue().classify(images[name]!, {
        mask: brain,
      });
      expect([contrasts, detected]).toEqual([[name], true]);
      for (const label of [1, 2, 3])
        expect(dice(labels.data, truth.data, label), `${name} ${label}`).toBeGreaterThan(0.8);
    }
  });

  it("takes several contrasts at once", async () => {
    const { t1: a, t2: b } = images;
    const { labels, contrasts, bias, table } = await Classifier.tissue().classify(
      { t2: b!, t1: a! },
      { mask: brain },
    );
    expect(contrasts).toEqual(["t1", "t2"]);
    expect(Object.keys(bias)).toEqual(["t1", "t2"]);
    expect(Object.keys(table[0]!.mean)).toEqual(["t1", "t2"]);
    for (const label of [2, 3])
      expect(dice(labels.data, truth.data, label)).toBeGreaterThan(
        dice(t1.labels.data, truth.data, label) - 0.02,
      );
  });

  it("has shares that add up, and a table that agrees with the labels", () => {
    const { csf, gm, wm } = t1.pve;
    const off = brain.data.filter((b, i) => Math.abs(csf.data[i]! + gm.data[i]! + wm.data[i]! - b) > 1e-6);
    expect(off.length).toBe(0);
    expect(t1.table.map((row) => row.name)).toEqual(["csf", "gm", "wm"]);
    expect(t1.table.reduce((sum, row) => sum + row.fraction, 0)).toBeCloseTo(1, 12);
    for (const { label, voxels, mL, pveMl } of t1.table) {
      expect(voxels).toBe(t1.labels.data.filter((l) => l === label).length);
      expect(mL).toBeCloseTo(voxels * 0.064, 9);
      expect(Math.abs(pveMl / mL - 1)).toBeLessThan(0.25);
    }
  });

  it("finds a strong field, and none where only the anatomy varies", async () => {
    const head = await parametricHead({ seed: 7, shape: [48, 56, 46], spacing: [4, 4, 4] });
    const simulate = async (bias: number) => {
      const options = { seed: 7, contrasts: ["t1" as const], bias };
      return (await simulateFromLabels(head, headTissueTable(), options)).inputs.t1!;
    };
    const [even, strong] = [await simulate(0), await simulate(0.5)];
    const inside = even.with({ data: Uint8Array.from(head.data, (l) => (TRUTH[l]! > 0 ? 1 : 0)) });
    const spread = (log: number[]) => {
      const mean = log.reduce((sum, v) => sum + v, 0) / log.length;
      return Math.sqrt(log.reduce((sum, v) => sum + (v - mean) ** 2, 0) / log.length);
    };
    const inMask = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => inside.data[i]! > 0);
    const found = async (volume: Volume) =>
      (await Classifier.tissue({ contrast: "t1" }).classify(volume, { mask: inside })).bias.t1!.data;
    // White matter that fades from front to back while grey does not is no coil's doing.
    const [nx, ny] = even.shape;
    const fading = even.with({
      data: even.values().map((v, i) => {
        const back = (Math.floor(i / nx) % ny) / ny - 0.5;
        return TRUTH[head.data[i]!] === 3 ? v * (1 + 0.16 * back) : v;
      }),
    });
    expect(spread(inMask(await found(even)).map(Math.log))).toBeLessThan(0.005);
    expect(spread(inMask(await found(fading)).map(Math.log))).toBeLessThan(0.005);
    const ratio = (field: ArrayLike<number>) =>
      inMask(strong.values().map((v, i) => v / even.values()[i]! / field[i]!));
    const truth = ratio(new Float32Array(even.size).fill(1))
      .filter((v) => v > 0)
      .map(Math.log);
    const left = ratio(await found(strong))
      .filter((v) => v > 0)
      .map(Math.log);
    expect(spread(left)).toBeLessThan(0.5 * spread(truth));
  });

  it("finds the brain in the head, and knows one without its skull", async () => {
    const head = await parametricHead({ seed: 6, shape: [96, 112, 84], spacing: [2, 2, 2] });
    const { inputs, labels } = await simulateFromLabels(head, headTissueTable(), {
      seed: 6,
      contrasts: ["t1"],
    });
    const inside = Uint8Array.from(labels.data, (l) => (TRUTH[l]! > 0 ? 1 : 0));
    expect(dice((await brainMask(inputs.t1!)).data, inside, 1)).toBeGreaterThan(0.95);
    const bare = inputs.t1!.with({ data: inputs.t1!.values().map((v, i) => v * inside[i]!) });
    expect(dice((await brainMask(bare)).data, inside, 1)).toBeGreaterThan(0.995);
  });

  it("finds the brain on FLAIR, and refuses what is too small for one", async () => {
    const head = await parametricHead({ seed: 6, shape: [96, 112, 84], spacing: [2, 2, 2] });
    const options = { seed: 6, contrasts: ["flair" as const] };
    const { inputs, labels } = await simulateFromLabels(head, headTissueTable(), options);
    const inside = Uint8Array.from(labels.data, (l) => (TRUTH[l]! > 0 ? 1 : 0));
    const found = await brainMask(inputs.flair!, { contrast: "flair" });
    expect(dice(found.data, inside, 1)).toBeGreaterThan(0.93);
    const radius = (n: number) =>
      Math.hypot((n % 40) - 20, (Math.floor(n / 40) % 40) - 20, Math.floor(n / 1600) - 20);
    const ball = new VolumeClass({
      shape: [40, 40, 40],
      data: Float32Array.from({ length: 64_000 }, (_, n) => (radius(n) < 13 ? 500 : n % 7)),
      affine: affineFromSpacing([2, 2, 2]),
    });
    await expect(brainMask(ball, { contrast: "flair" })).rejects.toThrow(
      /hasn't the size of one.*give a mask/,
    );
  });

  it("looks for the brain once more on a FLAIR that wasn't named", async () => {
    const head = await parametricHead({ seed: 2, shape: [96, 112, 84], spacing: [2, 2, 2] });
    const options = { seed: 2, contrasts: ["flair" as const] };
    const flair = (await simulateFromLabels(head, headTissueTable(), options)).inputs.flair!;
    const voxels = (mask: Volume) => mask.data.filter((v) => v > 0).length;
    const named = await brainMask(flair, { contrast: "flair" });
    expect(voxels(await brainMask(flair))).toBeLessThan(0.8 * voxels(named));
    const { contrasts, detected, mask } = await Classifier.tissue().classify(flair);
    expect([contrasts, detected]).toEqual([["flair"], true]);
    expect(mask.data).toEqual(named.data);
  });

  it("tells grey from white in thick slices", async () => {
    const head = await parametricHead({ seed: 6, shape: [96, 112, 84], spacing: [2, 2, 2] });
    const options = { seed: 6, contrasts: ["t1" as const], spacing: [2, 2, 6] as const };
    const { inputs, labels } = await simulateFromLabels(head, headTissueTable(), options);
    const classes = labels.with({ data: Uint8Array.from(labels.data, (l) => TRUTH[l]!) });
    const found = await Classifier.tissue({ contrast: "t1" }).classify(inputs.t1!, { mask: classes });
    for (const label of [1, 2, 3])
      expect(dice(found.labels.data, classes.data, label), String(label)).toBeGreaterThan(0.8);
  });

  it("gives the same bits again", async () => {
    const again = await Classifier.tissue({ contrast: "t1" }).classify(images.t1!, { mask: brain });
    // Not by toEqual, which takes seconds for a volume.
    const same = (a: Volume, b: Volume) => a.data.every((v, i) => Object.is(v, b.data[i]));
    expect(same(again.labels, t1.labels)).toBe(true);
    expect(same(again.pve.gm, t1.pve.gm)).toBe(true);
    expect(same(again.bias.t1!, t1.bias.t1!)).toBe(true);
  });

  it("stops when it is told to, and says how far it is", async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const work = Classifier.tissue().classify(images.t1!, {
      signal: controller.signal,
      onProgress: (done) => {
        seen.push(done);
        if (done > 0.3) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ kind: "aborted" });
    expect(seen.length).toBeGreaterThan(2);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    await expect(
      Classifier.tissue().classify(images.t1!, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ kind: "aborted" });
  });

  it("leaves voxels that are not finite without a class", async () => {
    const values = images.t1!.values().slice();
    const holes = [...brain.data.keys()].filter((i) => brain.data[i]).slice(1000, 1010);
    for (const i of holes) values[i] = i % 2 ? Number.NaN : Number.POSITIVE_INFINITY;
    const broken = images.t1!.with({ data: values });
    const { labels, mask, table } = await Classifier.tissue({ contrast: "t1" }).classify(broken, {
      mask: brain,
    });
    for (const i of holes) expect([labels.data[i], mask.data[i]]).toEqual([0, 0]);
    expect(table.every((row) => Number.isFinite(row.mean.t1))).toBe(true);
    expect(dice(labels.data, t1.labels.data, 3)).toBeGreaterThan(0.99);
  });
});

describe("Classifier.tissue refuses", () => {
  const flat = new VolumeClass({ shape: [8, 8, 8], data: new Float32Array(512).fill(7) });
  const slope = flat.with({ data: Float32Array.from({ length: 512 }, (_, i) => i) });
  const classify = (volume: Volume, mask?: Volume) => Classifier.tissue().classify(volume, { mask });

  it("what shows nothing", async () => {
    await expect(classify(flat)).rejects.toThrow(/constant/);
    await expect(classify(flat, flat)).rejects.toThrow(/constant inside the mask/);
    await expect(classify(slope)).rejects.toThrow(/no brain/);
    const nothing = flat.with({ data: new Float32Array(512).fill(Number.NaN) });
    await expect(classify(nothing)).rejects.toThrow(/no finite value/);
    await expect(classify(nothing, flat)).rejects.toThrow(/no voxel of the mask is finite/);
  });

  it("empty masks, other grids, CT and unknown names", async () => {
    await expect(classify(slope, flat.with({ data: new Uint8Array(512) }))).rejects.toThrow(/mask: is empty/);
    const elsewhere = flat.with({ affine: affineFromSpacing([1, 1, 2]) });
    await expect(classify(slope, elsewhere)).rejects.toMatchObject({ kind: "grid-mismatch" });
    await expect(classify(slope.with({ unit: "HU" }), flat)).rejects.toThrow(/CT in HU/);
    const pd = { pd: slope } as unknown as { t1: Volume };
    await expect(Classifier.tissue().classify(pd)).rejects.toThrow(/unknown contrast "pd"/);
    await expect(Classifier.tissue().classify({})).rejects.toThrow(/no volume/);
  });

  it("options that make no sense", () => {
    const bad = (options: object) => () => Classifier.tissue(options);
    expect(bad({ contrast: "t3" })).toThrow(/unknown contrast "t3".*did you mean/);
    expect(bad({ smoothness: -1 })).toThrow(/smoothness/);
    expect(bad({ biasFwhm: 1 })).toThrow(/biasFwhm/);
    expect(bad({ iterations: 0.5 })).toThrow(/iterations/);
    expect(bad({ beta: 1 })).toThrow(/no option "beta"/);
  });
});

describe("Classifier.tissue with priors", () => {
  /** What a network would say: the truth, blurred by a voxel, and not quite sure. */
  const priors = () => {
    const prior = (label: number) => {
      const data = Float32Array.from(truth.data, (value) => (value === label ? 1 : 0));
      smoothInPlace(data, truth.shape, [0.8, 0.8, 0.8]);
      return truth.with({ data });
    };
    return { csf: prior(1), gm: prior(2), wm: prior(3) };
  };

  it("needs no contrast, and reads it off the order of the classes", async () => {
    for (const name of ["t1", "t2"] as const) {
      const found = await Classifier.tissue().classify(images[name]!, { mask: brain, priors: priors() });
      expect([found.contrasts, found.detected]).toEqual([[name], true]);
      for (const label of [1, 2, 3])
        expect(dice(found.labels.data, truth.data, label), `${name} ${label}`).toBeGreaterThan(0.9);
    }
  });

  it("holds classes that an image hardly shows: grey and white on FLAIR in voxels of 4 mm", async () => {
    const score = async (given: object) => {
      const { labels } = await Classifier.tissue({ contrast: "flair" }).classify(images.flair!, {
        mask: brain,
        ...given,
      });
      return dice(labels.data, truth.data, 2) + dice(labels.data, truth.data, 3);
    };
    expect(await score({ priors: priors() })).toBeGreaterThan((await score({})) + 0.2);
  });

  it("takes a surface coil's falloff for a field, not for tissue", async () => {
    const [nx, ny] = truth.shape;
    const fallen = images.t1!.with({
      data: images.t1!.values().map((value, n) => value * Math.exp((-2 * (Math.floor(n / nx) % ny)) / ny)),
    });
    const score = ({ labels }: TissueResult) => [2, 3].map((label) => dice(labels.data, truth.data, label));
    const [gm, wm] = score(await Classifier.tissue().classify(fallen, { mask: brain, priors: priors() }));
    expect(gm).toBeGreaterThan(0.87);
    expect(wm).toBeGreaterThan(0.87);
    const without = score(await Classifier.tissue({ contrast: "t1" }).classify(fallen, { mask: brain }));
    expect(gm! + wm!).toBeGreaterThan(without[0]! + without[1]!);
  });

  it("refuses priors on another grid", async () => {
    const { csf, gm, wm } = priors();
    const other = gm.with({ affine: affineFromSpacing([5, 4, 4]) });
    await expect(
      Classifier.tissue().classify(images.t1!, { mask: brain, priors: { csf, gm: other, wm } }),
    ).rejects.toThrow("the prior of gm");
  });
});

describe("the same head", () => {
  const millilitres = ({ table }: TissueResult) => table.map(({ mL }) => mL);

  it("has the same tissue whatever the seventh digit of a voxel's size", async () => {
    for (const factor of [1 + 1e-6, 1 - 1e-6, 1 + 4e-7]) {
      const other = images.t1!.with({
        affine: images.t1!.affine.map((v, n) =>
          n % 4 < 3 && n < 12 ? v * factor : v,
        ) as unknown as Volume["affine"],
      });
      const found = millilitres(await Classifier.tissue().classify(other));
      const usual = millilitres(await Classifier.tissue().classify(images.t1!));
      for (const [n, mL] of found.entries()) expect(Math.abs(mL / usual[n]! - 1)).toBeLessThan(0.005);
    }
  });

  it("has the same tissue however its axes lie", async () => {
    const usual = await Classifier.tissue().classify(images.t1!);
    for (const code of ["LPS", "PIR"]) {
      const found = await Classifier.tissue().classify(reorient(images.t1!, code));
      expect(orientationOf(found.labels.affine)).toBe(code);
      expect(millilitres(found)).toEqual(millilitres(usual));
      expect(reorient(found.labels).data).toEqual(usual.labels.data);
    }
  });
});
