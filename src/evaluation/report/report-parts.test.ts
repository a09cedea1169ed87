import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { blueWhiteRed, greys, VIEWS } from "../../imaging/display/index.ts";
import { affineFromSpacing, Volume } from "../../imaging/volume/index.ts";
import { huHistogram } from "./histogram.ts";
import { html, jsonBlock, trusted } from "./html.ts";
import { lineChart } from "./line-chart.ts";
import { count, fixed, significant } from "./number-text.ts";
import { panelPng } from "./panel-png.ts";
import { panelsOf } from "./panels.ts";
import { scoresOf } from "./scores.ts";
import { chooseSlices } from "./slice-scores.ts";
import { sliceLimit } from "./viewer.ts";

const [NX, NY, NZ] = [5, 4, 3];
const volume = (values: (i: number, j: number, k: number) => number) =>
  new Volume({
    shape: [NX, NY, NZ],
    data: Float32Array.from({ length: NX * NY * NZ }, (_, n) =>
      values(n % NX, Math.floor(n / NX) % NY, Math.floor(n / NX / NY)),
    ),
    unit: "HU",
    affine: affineFromSpacing([1, 1, 2]),
  });

/** The colour of pixel (column, row) of a palette image. */
function pixels(base64: string) {
  const image = decode(Buffer.from(base64, "base64"));
  return { ...image, at: (c: number, r: number) => image.palette![image.data[c + image.width * r]!] };
}

describe("images", () => {
  it("hold one pixel a voxel, right on the left, front and head at the top", async () => {
    const sct = volume((i, j, k) => 100 * i + 40 * j + 10 * k);
    const ct = volume((i) => (i === 2 ? Number.NaN : 0));
    const panels = panelsOf({ id: "", grid: sct, sct, ct }, [-700, 1300], 300);
    expect(panels.map((panel) => panel.title)).toEqual(["sCT", "CT", "Error: sCT − CT"]);
    for (const axis of ["axial", "coronal", "sagittal"] as const) {
      const image = pixels(await panelPng(panels[0]!, VIEWS[axis], 1));
      const size = { axial: [NX, NY], coronal: [NX, NZ], sagittal: [NY, NZ] }[axis];
      expect([image.width, image.height]).toEqual(size);
      const [w, h] = size as [number, number];
      for (let r = 0; r < h; r++)
        for (let c = 0; c < w; c++) {
          const [a, b] = [w - 1 - c, h - 1 - r];
          const hu = {
            axial: 100 * a + 40 * b + 10,
            coronal: 100 * a + 40 + 10 * b,
            sagittal: 100 + 40 * a + 10 * b,
          }[axis];
          const [grey] = image.at(c, r)!;
          expect(Math.abs(grey! - greys(-700, 1300)(hu)[0]), `${axis} ${c} ${r}`).toBeLessThanOrEqual(1);
        }
    }
    const error = pixels(await panelPng(panels[2]!, VIEWS.axial, 0));
    expect(error.at(NX - 1, NY - 1)).toEqual([...blueWhiteRed(300)(0)]);
    expect(error.at(0, 0)).toEqual([...blueWhiteRed(300)(400)]);
    expect(error.at(2, 0)).toEqual([...blueWhiteRed(300)(Number.NaN)]);
  });

  it("are as many as asked for, evenly chosen, and fewer when large", () => {
    const scores = Array.from({ length: 100 }, (_, index) => ({ index, voxels: index < 10 ? 0 : 5, mae: 1 }));
    const indices = (limit: number) => chooseSlices(scores, limit).map((score) => score.index);
    expect(indices(200)).toEqual(Array.from({ length: 90 }, (_, n) => n + 10));
    expect(indices(3)).toEqual([10, 55, 99]);
    expect(indices(1)).toEqual([55]);
    expect(new Set(indices(48)).size).toBe(48);
    expect(chooseSlices(scores.slice(0, 4), 2).map((score) => score.index)).toEqual([0, 3]);
    expect(sliceLimit([4 * 96 * 112, 4 * 96 * 112], 48)).toBe(48);
    expect(sliceLimit(new Array(4).fill(4 * 256 * 256), 48)).toBe(13);
    expect(sliceLimit([4 * 4096 * 4096], 48)).toBe(1);
  });
});

describe("numbers", () => {
  it("the histogram's bins, also at their edges and beyond", () => {
    const ct = volume((i, _j, k) => (k === 0 ? [-1000, 0, 19.9, 20, 4000][i]! : -2000));
    const sct = ct.with({ data: ct.values().map((v) => (v === 0 ? Number.NaN : 40)) });
    const scored = Uint8Array.from(ct.values(), (v) => (v > -2000 ? 1 : 0));
    const histogram = huHistogram([{ id: "", grid: sct, sct, ct, scored }])!;
    expect(histogram).toMatchObject({ voxels: 16, low: -1000, width: 20, outside: { sct: 0, ct: 4 } });
    expect(histogram.ct.map((n, b) => [histogram.low + 20 * b, n]).filter(([, n]) => n)).toEqual([
      [-1000, 4],
      [0, 4],
      [20, 4],
    ]);
    expect(histogram.sct.indexOf(16)).toBe((40 + 1000) / 20);
    expect(huHistogram([{ id: "", grid: sct, sct }])).toBeUndefined();
    expect(huHistogram([{ id: "", grid: sct, sct, ct, scored: new Uint8Array(ct.size) }])).toBeUndefined();
  });

  it("no mean where mask rules differ, no baseline where one is missing", () => {
    const value = { value: 1, preset: "synthrad2023", dataRange: null, maskRule: "a", voxels: 1 } as const;
    const report = (maskRule: string) => {
      const metric = { ...value, maskRule };
      return {
        ...({ preset: "synthrad2023", simulated: false, patients: 1 } as const),
        ...{ mae: metric, me: metric, rmse: metric, psnr: metric, ssim: metric },
      };
    };
    const scored = (rule: string, lookupMae?: number) => ({
      id: "",
      reports: { synthrad2023: report(rule) },
      lookupMae,
    });
    expect(scoresOf([scored("a"), scored("b")])[0]!.mean).toBeUndefined();
    const [both] = scoresOf([scored("a", 10), scored("a")]);
    expect([both!.mean!.patients, both!.lookupMae]).toEqual([2, undefined]);
    expect(scoresOf([scored("a", 10), scored("a", 20)])[0]!.lookupMae).toBe(15);
    expect(scoresOf([{ id: "" }])).toEqual([]);
  });

  it("as text", () => {
    expect([
      fixed(-12.345, 1),
      fixed(-0.01, 1),
      fixed(Number.NaN, 1),
      fixed(Number.NEGATIVE_INFINITY, 1),
    ]).toEqual(["−12.3", "0.0", "–", "−infinite"]);
    expect([significant(0.60000001), significant(-1024), significant(1e-4)]).toEqual([
      "0.6",
      "−1024",
      "0.0001",
    ]);
    expect([count(999), count(1000), count(1234567)]).toEqual(["999", "1 000", "1 234 567"]);
  });
});

describe("charts and HTML", () => {
  it("lines run through their points, on linear and logarithmic axes", () => {
    const chart = lineChart({
      label: "l",
      size: [166, 160],
      x: { title: "x", low: 0, high: 10, ticks: [0, 10] },
      y: { title: "y", low: 0.01, high: 100, log: true, ticks: [1] },
      lines: [
        {
          kind: "series",
          points: [
            [0, 0.01],
            [5, 1],
            [10, 100],
          ],
        },
      ],
    }).text;
    // 100 pixels across from 52, 100 up from 120
    expect(chart).toContain('<path class="stroke" d="M52 120L102 70L152 20"/>');
  });

  it("escapes values, takes HTML as it is", () => {
    const cell = html`<td title="${`"'`}">${"a<b>&"}${[html`<i>${1}</i>`, undefined, "c"]}${trusted("<hr>")}</td>`;
    expect(cell.text).toBe('<td title="&quot;&#39;">a&lt;b&gt;&amp;<i>1</i>c<hr></td>');
    expect(jsonBlock("x", { a: "</script><!--" }).text).toBe(
      '<script type="application/json" id="x">{"a":"\\u003c/script>\\u003c!--"}</script>',
    );
  });
});
