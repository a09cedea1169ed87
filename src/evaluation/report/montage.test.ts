import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { blueWhiteRed, greys, labelColour } from "../../imaging/display/index.ts";
import { affineFromSpacing, reorient, type Triple, Volume } from "../../imaging/volume/index.ts";
import { niceTicks } from "./colour-bar.ts";
import { dotAt, textWidth } from "./font.ts";
import { type MontageRow, montagePng } from "./index.ts";

const [NX, NY, NZ] = [20, 24, 10];

/** A volume of `ground` with one box of `value` that is 4 voxels wide and begins at (i, j, k). */
function boxed(
  ground: number,
  value: number,
  [i, j, k]: readonly [number, number, number],
  spacing: Triple = [1, 1, 1],
) {
  const data = new Float32Array(NX * NY * NZ).fill(ground);
  for (let z = k; z < Math.min(NZ, k + 4); z++)
    for (let y = j; y < j + 4; y++) data.fill(value, i + NX * (y + NY * z), i + 4 + NX * (y + NY * z));
  return new Volume({ shape: [NX, NY, NZ], data, unit: "HU", affine: affineFromSpacing(spacing) });
}

async function paint(row: Partial<MontageRow>, options = {}) {
  const png = await montagePng([{ title: "case", ...row }], options);
  const image = decode(png);
  return {
    png,
    ...image,
    at: (x: number, y: number) => [
      ...image.data.slice(3 * (x + image.width * y), 3 * (x + image.width * y) + 3),
    ],
  };
}

// With tile 16 a 20×24 slice is drawn at 1 pixel a voxel: the first tile begins at x = 8, y = 8 + 22 + 22.
const TOP = 52;

describe("montagePng", () => {
  it("puts the patient's right on the left and anterior at the top", async () => {
    // Right is high i, anterior is high j.
    const right = boxed(-1000, 1300, [15, 10, 3]);
    const image = await paint({ mr: right, sct: right, slices: [4] }, { tile: 16 });
    const sct = 8 + NX + 8;
    expect(image.at(sct + 3, TOP + 12)).toEqual([255, 255, 255]); // i = 16, j = 11
    expect(image.at(sct + 16, TOP + 12)).toEqual([0, 0, 0]);
    const front = boxed(-1000, 1300, [8, 19, 3]);
    const other = await paint({ mr: front, sct: front, slices: [4] }, { tile: 16 });
    expect(other.at(sct + 10, TOP + 3)).toEqual([255, 255, 255]); // j = 20
    expect(other.at(sct + 10, TOP + 21)).toEqual([0, 0, 0]);
  });

  it("is the same however the voxels are stored", async () => {
    const volume = boxed(-1000, 700, [15, 10, 3]);
    const ct = boxed(-1000, 900, [14, 9, 3]);
    const stored = (v: Volume) => reorient(v, "PIL");
    const rows = { mr: volume, sct: volume, ct, slices: [4] };
    const turned = { mr: stored(volume), sct: stored(volume), ct: stored(ct), slices: [4] };
    expect((await paint(turned)).png).toEqual((await paint(rows)).png);
  });

  it("shows the error sCT - CT in blue, white and red", async () => {
    const sct = boxed(0, 300, [2, 2, 3]);
    const ct = boxed(0, 300, [14, 16, 3]);
    const image = await paint({ mr: sct, sct, ct, slices: [4] }, { tile: 16 });
    const error = 8 + 3 * (NX + 8);
    const map = blueWhiteRed(300);
    expect(image.at(error + NX - 1 - 3, TOP + NY - 1 - 3)).toEqual([...map(300)]);
    expect(image.at(error + NX - 1 - 15, TOP + NY - 1 - 17)).toEqual([...map(-300)]);
    expect(image.at(error + 10, TOP + 12)).toEqual([255, 255, 255]);
  });

  it("tiles have 192 pixels or more and keep the body's proportions", async () => {
    const flat = boxed(-1000, 700, [15, 10, 3], [1, 1, 5]);
    const axial = await paint({ mr: flat, sct: flat });
    expect(axial.height - (await paint({ mr: flat, sct: flat }, { tile: 16 })).height).toBe(24 * 9 - 24); // 20 voxels at 9 pixels
    const coronal = await paint({ mr: flat, sct: flat, axis: "coronal" }, { tile: 16 });
    expect(coronal.height).toBe(8 + 22 + 22 + 50 + 8 + 22); // 10 slices of 5 mm
  });

  it("shows classes and uncertainty without a CT, and without an sCT", async () => {
    const sct = boxed(0, 300, [2, 2, 3]);
    const volume = sct.with({ data: Uint8Array.from(sct.data, (hu) => (hu > 0 ? 2 : 1)), unit: "unknown" });
    const classes = { volume, names: ["outside", "soft", "bone"] };
    const image = await paint({ sct, classes, uncertainty: sct, slices: [4] }, { tile: 16 });
    const [second, third] = [8 + NX + 8, 8 + 2 * (NX + 8)];
    const [x, y] = [NX - 1 - 3, TOP + NY - 1 - 3]; // in the box
    expect(image.at(second + x, y)).toEqual([...labelColour(2)]);
    expect(image.at(second + 10, TOP + 12)).toEqual([...labelColour(1)]);
    expect(image.at(third + x, y)).toEqual([255, 255, 255]);
    expect(image.at(third + 10, TOP + 12)).toEqual([0, 0, 0]);
    const alone = await paint({ mr: sct, classes, slices: [4] }, { tile: 16 });
    expect(alone.at(second + x, y)).toEqual([...labelColour(2)]);
    await expect(paint({ title: "none" })).rejects.toThrow(/row "none": has no volume/);
  });

  it("marks simulated volumes and has room for many lines", async () => {
    const volume = boxed(-1000, 700, [15, 10, 3]);
    const amber = (image: Awaited<ReturnType<typeof paint>>) => {
      let n = 0;
      for (let y = TOP; y < image.height - 22; y++)
        for (let x = 0; x < image.width; x++) n += image.at(x, y).join() === "255,200,60" ? 1 : 0;
      return n;
    };
    expect(amber(await paint({ mr: volume, sct: volume }))).toBe(0);
    const one = amber(await paint({ mr: volume.with({ simulated: true }), sct: volume }));
    expect(one).toBeGreaterThan(100);
    expect(amber(await paint({ mr: volume.with({ simulated: true }), sct: volume, slices: [0, 3, 9] }))).toBe(
      3 * one,
    );
  });

  it("says what it is in the file too", async () => {
    const volume = boxed(-1000, 700, [15, 10, 3]);
    const image = await paint({ mr: volume, sct: volume });
    expect(image.text).toEqual({ Comment: "Research software, not a medical device" });
    expect([image.channels, image.depth]).toEqual([3, 8]);
  });

  it("refuses what it can't show", async () => {
    const volume = boxed(-1000, 700, [15, 10, 3]);
    const other = boxed(-1000, 700, [15, 10, 3], [1, 1, 2]);
    const good = { mr: volume, sct: volume };
    await expect(montagePng([])).rejects.toThrow(/at least one row/);
    await expect(paint({ ...good, ct: other })).rejects.toThrow(/"case": ct .* and sct .*different grids/);
    await expect(paint({ ...good, sct: volume.with({ unit: "arbitrary" }) })).rejects.toThrow(
      /sct must be in HU.*"arbitrary"/,
    );
    await expect(paint({ ...good, slices: [10] })).rejects.toThrow(/slice 10 is outside 0 to 9/);
    await expect(paint({ ...good, axis: "oblique" as "axial" })).rejects.toThrow(/unknown axis "oblique"/);
    await expect(paint(good, { window: "liver" })).rejects.toThrow(/window must be soft, brain/);
    await expect(paint(good, { errorLimit: 0 })).rejects.toThrow(/errorLimit/);
    await expect(paint(good, { tile: 3 })).rejects.toThrow(/tile must be/);
  });
});

describe("parts", () => {
  it("colour maps", () => {
    expect(greys(-100, 100)(0)).toEqual([128, 128, 128]);
    expect([greys(0, 1)(-5)[0], greys(0, 1)(5)[0]]).toEqual([0, 255]);
    expect(blueWhiteRed(300)(0)).toEqual([255, 255, 255]);
    expect(blueWhiteRed(300)(9999)).toEqual(blueWhiteRed(300)(300));
    expect(greys(0, 1)(Number.NaN)).toEqual(blueWhiteRed(1)(Number.NaN));
  });

  it("ticks are round numbers inside the range", () => {
    expect(niceTicks(-700, 1300)).toEqual([-500, 0, 500, 1000]);
    expect(niceTicks(-160, 240)).toEqual([-100, 0, 100, 200]);
    expect(niceTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  });

  it("letters sit where they should", () => {
    const draw = (c: string) =>
      Array.from({ length: 9 }, (_, row) =>
        Array.from({ length: 5 }, (_, x) => (dotAt(c, x, row) ? "#" : ".")).join(""),
      );
    expect(draw("T")).toEqual(["#####", ...new Array(6).fill("..#.."), ".....", "....."]);
    expect(draw("p").slice(7)).toEqual(["#....", "#...."]);
    expect(draw("?")[0]).toBe("#####");
    expect([textWidth(""), textWidth("A"), textWidth("HU")]).toEqual([0, 5, 11]);
  });
});
