/** What the command line says and does with values that are not what they are taken for. Needs `npm run build` first. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume, saveModel, writeVolume } from "../src/host/node/index.ts";
import { affineFromSpacing, extract, type Triple, Volume } from "../src/imaging/volume/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { UNet } from "../src/networks/models/index.ts";
import { phantomDataset } from "../src/road/data/index.ts";
import { Slicer } from "../src/road/preparation/index.ts";
import { Trainer } from "../src/road/training/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

const shape: Triple = [40, 44, 30];
const affine = affineFromSpacing([4, 4, 4], [-78, -86, -58]);

/** A head of ellipsoids: MR and HU, with the noise of a small generator. */
function head(): { readonly mr: Volume; readonly ct: Volume } {
  const size = shape[0] * shape[1] * shape[2];
  const mr = new Float32Array(size);
  const ct = new Float32Array(size).fill(-1000);
  const shells = [
    [72, 80, 54, 700, -90],
    [67, 75, 50, 60, 900],
    [60, 68, 44, 480, 35],
    [14, 24, 12, 150, 8],
  ] as const;
  for (let n = 0; n < size; n++) {
    const [x, y, z] = [n % 40, Math.floor(n / 40) % 44, Math.floor(n / 1760)].map(
      (v, d) => 4 * (v - (shape[d]! - 1) / 2),
    ) as [number, number, number];
    for (const [a, b, c, m, hu] of shells)
      if ((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 <= 1) {
        mr[n] = m;
        ct[n] = hu;
      }
    const noise = ((n * 7919) % 25) - 12;
    mr[n] = Math.abs(mr[n]! + 15 + noise);
    ct[n]! += noise;
  }
  return { mr: new Volume({ shape, affine, data: mr }), ct: new Volume({ shape, affine, data: ct }) };
}

let root = "";
const { mr, ct } = head();
const midash = (...args: readonly string[]) => midashIn(root, args);
const put = (name: string, volume: Volume) => writeVolume(join(root, name), volume);
const values = (volume: Volume, change: (v: number, n: number) => number) =>
  volume.with({ data: volume.values().map(change) });
const warningsOf = (ran: Awaited<ReturnType<typeof midash>>) =>
  lastJson(ran).warnings as string[] | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-units-"));
  await put("mr.nii.gz", mr);
  await put("ct.nii.gz", ct);
  await put(
    "sct.nii.gz",
    values(ct, (v, n) => v + (n % 40)),
  );
  await put("ct-1024.nii.gz", ct.with({ data: Uint16Array.from(ct.data, (v) => Number(v) + 1024) }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const evaluate = (prediction: string, reference: string) =>
  midash(
    ...[
      "evaluate",
      "--prediction",
      prediction,
      "--reference",
      reference,
      "--preset",
      "synthrad2023",
      "--json",
    ],
  );

describe("what is taken for a CT in HU", () => {
  it("is doubted by evaluate where it was stored as HU + 1024, with the command that brings it to HU", async () => {
    const ran = await evaluate("sct.nii.gz", "ct-1024.nii.gz");
    expect(ran.code).toBe(0);
    expect(warningsOf(ran)).toEqual([
      expect.stringMatching(
        /^ct-1024.nii.gz: does not look like HU but like HU \+ 1024: .*npx @midash\/core convert IN OUT --unit HU --rescale 1,-1024, or say --unit HU/,
      ),
    ]);
    expect(ran.err).toContain(`Warning: ${warningsOf(ran)![0]}`);
    const made = await midash(
      ...["convert", "ct-1024.nii.gz", "made.nii.gz", "--unit", "HU", "--rescale", "1,-1024", "--json"],
    );
    expect([made.code, lastJson(made).unit]).toEqual([0, "HU"]);
    const [again, plain] = [
      await evaluate("sct.nii.gz", "made.nii.gz"),
      await evaluate("sct.nii.gz", "ct.nii.gz"),
    ];
    expect([warningsOf(again), warningsOf(plain)]).toEqual([undefined, undefined]);
    const mae = (ran_: typeof again) => (lastJson(ran_).metrics as { mae: { value: number } }).mae.value;
    expect(mae(again)).toBeCloseTo(mae(plain), 3);
    await refusedIn(
      root,
      ["convert", "ct.nii.gz", "new.nii.gz", "--rescale", "0,1"],
      /--rescale: has the slope 0/,
    );
  });

  it.each<[string, (v: number) => number, RegExp]>([
    ["as 0 to 1", (v) => (v + 1024) / 4095, /normalised/],
    ["+ 1000", (v) => v + 1000, /like HU \+ 1000.*--rescale 1,-1000/],
    ["with 1024 taken off twice", (v) => v - 1024, /like HU - 1024.*--rescale 1,1024/],
  ])("a synthetic CT %s likewise", async (_, change, expected) => {
    await put("other.nii.gz", values(ct, change));
    expect(warningsOf(await evaluate("other.nii.gz", "ct.nii.gz"))).toEqual([
      expect.stringMatching(expected),
    ]);
  });

  it("is believed where the file says HU, and where padding lies below air", async () => {
    await put("stated.nii.gz", values(ct, (v) => v + 1024).with({ unit: "HU" }));
    await put(
      "padded.nii.gz",
      values(ct, (v, n) => (n % 40 < 4 ? -3024 : v)),
    );
    for (const file of ["stated.nii.gz", "padded.nii.gz"])
      expect(warningsOf(await evaluate("sct.nii.gz", file))).toBeUndefined();
  });

  it("is doubted in a cohort, case by case, and by classify", async () => {
    await mkdir(join(root, "predictions"), { recursive: true });
    await mkdir(join(root, "references"), { recursive: true });
    for (const [id, reference] of [
      ["a", ct],
      ["b", values(ct, (v) => v + 1024)],
    ] as const) {
      await put(`predictions/${id}.nii.gz`, ct);
      await put(`references/${id}.nii.gz`, reference);
    }
    const ran = await midash(
      ...["evaluate", "--predictions", "predictions", "--references", "references"],
      ...["--preset", "synthrad2023", "--workers", "2", "--json"],
    );
    expect(lastJson(ran).warnings).toEqual([{ id: "b", warning: expect.stringContaining("like HU + 1024") }]);
    expect(ran.err).toMatch(/Warning: b: references\/b.nii.gz: does not look like HU/);
    const classified = await midash(
      "classify",
      "ct-1024.nii.gz",
      "labels.nii.gz",
      "--kind",
      "density",
      "--json",
    );
    expect(warningsOf(classified)).toEqual([expect.stringContaining("like HU + 1024")]);
  });

  it("is doubted by train, whose inputs may have NaN around the head", async () => {
    await mkdir(join(root, "pair"), { recursive: true });
    await put(
      "pair/mr.nii.gz",
      values(mr, (v, n) => (ct.data[n]! < -900 ? Number.NaN : v)),
    );
    await put(
      "pair/ct.nii.gz",
      values(ct, (v, n) => (n % 40 === 0 ? Number.NaN : v + 1024)),
    );
    const ran = await midash(
      ...["train", "pair", "--out", "run", "--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "1"],
      ...["--base-filters", "2", "--levels", "2", "--json"],
    );
    expect([ran.code, ran.code === 0 ? "" : ran.err]).toEqual([0, ""]);
    expect(
      new Set(warningsOf(ran)!.map((text) => text.replace(/^case [^:]*: /, "").replace(/\d+ voxels.*/, ""))),
    ).toEqual(
      new Set([
        expect.stringContaining("ct: does not look like HU"),
        "the target holds ",
        'the input "mr" holds ',
      ]),
    );
  });
});

describe("resample", () => {
  const far = [0, 0, 0] as const;
  const onMr = async (name: string, volume: Volume, ...flags: readonly string[]) => {
    await put(name, volume);
    const ran = await midash("resample", name, "out.nii.gz", "--like", "mr.nii.gz", "--json", ...flags);
    expect([ran.code, ran.code === 0 ? "" : ran.err]).toEqual([0, ""]);
    const { how, fill, warnings } = lastJson(ran) as {
      how: string;
      fill: { value: number };
      warnings?: string[];
    };
    const out = await readVolume(join(root, "out.nii.gz"));
    expect(out.at(...far)).toBeCloseTo(fill.value, 3);
    return { how, fill: fill.value, warnings };
  };
  const part = (volume: Volume, start: Triple = [4, 4, 4], size: Triple = [30, 34, 20]) =>
    extract(volume, start, size);

  it("fills with air around what looks like a CT, whatever its file says, and says so", async () => {
    const { how, fill } = await onMr("part.nii.gz", part(ct, [1, 10, 8], [38, 30, 20]));
    expect([fill, how]).toEqual([
      -1024,
      expect.stringMatching(/beyond its field of view -1024: air, since its values look like a CT; --unit/),
    ]);
    const padded = values(part(ct, [1, 10, 8], [38, 30, 20]), (v, n) => (n % 38 < 3 ? -2000 : v));
    expect((await onMr("part.nii.gz", padded)).fill).toBe(-1024);
    expect((await onMr("part.nii.gz", part(ct, [16, 18, 12], [8, 8, 6]), "--unit", "HU")).fill).toBe(-1024);
  });

  it("asks for the unit where a part of a CT has no air that could tell", async () => {
    const { how, fill } = await onMr("part.nii.gz", part(ct, [16, 18, 12], [8, 8, 6]));
    expect(fill).toBeLessThan(0);
    expect(how).toContain("--unit HU if it is a CT");
  });

  it("goes on with an MR's own background", async () => {
    expect(
      (
        await onMr(
          "part.nii.gz",
          values(part(mr), (v) => v + 100),
        )
      ).fill,
    ).toBeGreaterThan(95);
    const negative = values(part(mr), (v, n) => (n % 97 === 0 ? -60 : v));
    expect((await onMr("part.nii.gz", negative)).fill).toBe(-60);
  });

  it("gives masks and labels 0, and doubts that they are to be interpolated", async () => {
    const labels = part(
      ct.with({ data: Uint8Array.from(ct.data, (v) => (Number(v) < -300 ? 0 : Number(v) > 300 ? 9 : 4)) }),
    );
    const nearest = await onMr("part.nii.gz", labels, "--interpolation", "nearest");
    const registersNothing = expect.stringContaining("registers nothing");
    expect([nearest.fill, nearest.warnings]).toEqual([0, [registersNothing]]);
    const linear = await onMr("part.nii.gz", labels);
    expect(linear.fill).toBe(0);
    expect(linear.warnings).toEqual([
      registersNothing,
      expect.stringContaining("use --interpolation nearest"),
    ]);
    const ones = labels.with({ data: new Uint8Array(labels.size).fill(1) });
    expect((await onMr("part.nii.gz", ones, "--interpolation", "nearest")).fill).toBe(0);
  });

  it("is recommended with what suits the file that is on another grid", async () => {
    await put("small.nii.gz", part(ct));
    const command = ["evaluate", "--preset", "synthrad2023", "--reference", "ct.nii.gz"];
    const resampled = "npx @midash/core resample small.nii.gz OUT --like ct.nii.gz";
    await refusedIn(root, [...command, "--prediction", "small.nii.gz"], new RegExp(`${resampled} --unit HU`));
    const more = ["--prediction", "sct.nii.gz"];
    await refusedIn(
      root,
      [...command, ...more, "--mask", "small.nii.gz"],
      new RegExp(`${resampled} --interpolation nearest`),
    );
    await refusedIn(root, [...command, ...more, "--mr", "small.nii.gz"], new RegExp(`${resampled} \\(`));
  });
});

describe("synthesize", () => {
  const synthesize = async (name: string, volume: Volume) => {
    await put(name, volume.with({ simulated: true })); // the model is one of phantoms
    const ran = await midash("synthesize", name, "made.nii.gz", "--model", "model.safetensors", "--json");
    expect([ran.code, ran.code === 0 ? "" : ran.err]).toEqual([0, ""]);
    return { sct: await readVolume(join(root, "made.nii.gz")), warnings: warningsOf(ran) };
  };
  const apart = (a: Volume, b: Volume) => {
    const [x, y] = [a.values(), b.values()];
    const body = ct.values();
    const far = x.map((v, n) => (body[n]! > -300 ? Math.abs(v - y[n]!) : 0));
    return far.reduce((sum, v) => sum + v, 0) / body.filter((v) => v > -300).length;
  };

  beforeAll(async () => {
    const trainer = new Trainer({
      model: UNet({ baseFilters: 2, levels: 2 }),
      backend: wasm(),
      sampler: Slicer.slices({ size: [64, 56] }),
      learningRate: 5e-3,
      batchSize: 2,
      epochs: 1,
      stepsPerEpoch: 30,
    });
    const subjects = { train: 1, validation: 0, test: 0 };
    for await (const _ of trainer.fit(phantomDataset({ subjects, shape: [56, 64, 48], spacing: [4, 4, 4] })));
    await saveModel(join(root, "model.safetensors"), trainer.result());
  });

  it("makes the same of an MR with spikes, and says what became of them", async () => {
    const whole = values(mr, (v) => Math.round(v / 5));
    const plain = await synthesize("a.nii.gz", whole.with({ data: Int16Array.from(whole.data) }));
    expect(plain.warnings).toEqual([]);
    for (const value of [32_767, 65_535]) {
      const data = Uint16Array.from(whole.data);
      for (const n of [5213, 26_400, 31_111]) data[n] = value;
      const spiked = await synthesize("b.nii.gz", whole.with({ data }));
      expect(apart(spiked.sct, plain.sct)).toBeLessThan(1);
      expect(spiked.warnings).toEqual([
        expect.stringContaining("holds 3 voxels (0.0057 %) far beyond all others"),
      ]);
    }
  });

  it("takes NaN for background, and refuses an infinite voxel", async () => {
    const cut = (fill: number) => values(mr, (v, n) => (ct.data[n]! < -900 ? fill : v));
    const [zero, nan] = [await synthesize("a.nii.gz", cut(0)), await synthesize("b.nii.gz", cut(Number.NaN))];
    expect(apart(zero.sct, nan.sct)).toBeLessThan(1);
    expect(nan.warnings).toEqual([expect.stringMatching(/NaN, taken for background \(0\)/)]);
    await put(
      "c.nii.gz",
      values(mr, (v, n) => (n === 7 ? Number.POSITIVE_INFINITY : v)).with({ simulated: true }),
    );
    await refusedIn(
      root,
      ["synthesize", "c.nii.gz", "new.nii.gz", "--model", "model.safetensors"],
      /holds 1 NaN or infinite voxels; NaN can be background/,
    );
  });
});
