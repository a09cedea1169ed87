import { describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { HOSTILE, reportCase, reportContent } from "../../../test/support/report-cases.ts";
import { reorient } from "../../imaging/volume/index.ts";
import { Metrics } from "../metrics/index.ts";
import { reportHtml } from "./index.ts";

/** The cells of the table with this caption, row by row, as text. */
function tableOf(page: string, caption: string): string[][] {
  const from = page.indexOf(`<caption>${caption}`);
  expect(from, caption).toBeGreaterThan(0);
  const body = page.slice(page.indexOf("<tbody>", from), page.indexOf("</tbody>", from));
  return body
    .split("<tr>")
    .slice(1)
    .map((row) =>
      row
        .split(/<\/t[hd]>/)
        .slice(0, -1)
        .map((cell) =>
          cell
            .replaceAll(/<[^>]*>/g, "")
            .replaceAll(" ", " ")
            .trim(),
        ),
    );
}

const slicesOf = (page: string) => {
  const json = /<script type="application\/json" id="viewer-data">(.*?)<\/script>/s.exec(page)![1]!;
  return (JSON.parse(json) as { slices: { where: string; score: string; images: string[] }[] }[]).map(
    (c) => c.slices,
  );
};

describe("reportHtml", () => {
  it("gives the metrics of each case and their mean, with protocol", async () => {
    const content = await reportContent();
    const page = await reportHtml(content);
    const [one, two] = content.cases.map((one) => one.reports.synthrad2023);
    const mean = (name: "mae" | "psnr" | "ssim") => (one![name].value + two![name].value) / 2;
    const sd = (name: "mae" | "psnr" | "ssim") => Math.abs(one![name].value - two![name].value) / 2;
    const rows = tableOf(page, "Metrics by case, synthrad2023, simulated images");
    expect(rows.map((row) => row[0])).toEqual(["case one", "case two", "Mean of 2"]);
    expect(rows[0]![1]).toBe(one!.mae.value.toFixed(1));
    expect(rows[0]![2]).toBe(one!.me.value.toFixed(1).replace("-", "−"));
    expect(rows[1]!.slice(4, 6)).toEqual([two!.psnr.value.toFixed(2), two!.ssim.value.toFixed(4)]);
    expect(rows[2]![1]).toBe(`${mean("mae").toFixed(1)} ± ${sd("mae").toFixed(1)}`);
    expect(rows[2]![4]).toBe(`${mean("psnr").toFixed(2)} ± ${sd("psnr").toFixed(2)}`);
    expect(rows[0]![6]).toBe(one!.ncc!.value.toFixed(4));
    expect(rows[2]![7]).toBe("51.5"); // lookup MAE of 51 and 52
    // 14 × 17 voxels of body in 10 slices
    expect(rows.map((row) => row[8])).toEqual(["2 380", "2 380", "4 760"]);

    const protocol = tableOf(page, "How synthrad2023 measures");
    expect(protocol.map((row) => row.slice(2))).toEqual([
      ["HU", "not clipped", "4 760 voxels"],
      ["dB", "−1024 to 3000", "4 760 voxels"],
      ["none", "−1024 to 3000", expect.stringMatching(/ windows$/)],
      ["none", "not clipped", "4 760 voxels"],
    ]);
    expect(protocol[0]![1]).toBe(one!.mae.maskRule);
    const every = tableOf(page, "Every number of slice2d");
    expect(every).toHaveLength(3 * 6);
    expect(every[0]).toEqual([
      "case one",
      "MAE",
      String(Number(content.cases[0]!.reports.slice2d.mae.value.toPrecision(7))),
      "HU",
      "slice2d",
      content.cases[0]!.reports.slice2d.mae.maskRule,
      "−1024 to 3000",
      expect.stringMatching(/ voxels$/),
      "",
    ]);
  });

  it("gives errors by class, MS-SSIM where there is one, and measures of no preset", async () => {
    const content = await reportContent();
    const { sct, ct, mask } = content.cases[0]!;
    const synthrad2025 = await Metrics.evaluate(sct, ct, { preset: "synthrad2025", mask });
    const electron = await Metrics.electronDensity(sct, ct, { mask });
    const cases = [
      {
        id: "one",
        reports: { synthrad2025 },
        measures: [
          { name: "electron density, MAE", value: electron.mae },
          {
            name: "HD95, label 3",
            value: { ...electron.me, unit: "mm" as const, value: Number.NaN, why: "no label" },
          },
        ],
      },
    ];
    const page = await reportHtml({ title: "t", cases });
    const [row] = tableOf(page, "Metrics by case, synthrad2025, simulated images");
    expect(row!.slice(6, 8)).toEqual([
      synthrad2025.msssim!.value.toFixed(4),
      synthrad2025.ncc!.value.toFixed(4),
    ]);
    const classes = tableOf(page, "Errors where the CT lies in a class, synthrad2025");
    expect(classes.map((cells) => cells.slice(1, 3))).toEqual([
      ["air", "below −200"],
      ["fat", "−200 to below −20"],
      ["soft", "−20 to below 150"],
      ["bone", "150 or more"],
    ]);
    expect(classes[2]![3]).toBe(synthrad2025.classes![2]!.mae.value.toFixed(1));
    expect(tableOf(page, "Other measures by case")).toEqual([
      ["one", "electron density, MAE", electron.mae.value.toFixed(4), electron.mae.maskRule, "2 380", ""],
      ["one", "HD95, label 3", "–", electron.me.maskRule, "2 380", "no label"],
    ]);
  });

  it("says why a metric is undefined", async () => {
    const perfect = await reportCase("perfect", 4);
    const { psnr } = perfect.reports.synthrad2023;
    const value = { ...psnr, value: Number.POSITIVE_INFINITY, why: "the images are identical" };
    const reports = { synthrad2023: { ...perfect.reports.synthrad2023, psnr: value } };
    const page = await reportHtml({ title: "t", cases: [{ id: "perfect", reports }] });
    expect(tableOf(page, "Metrics by case")[0]![4]).toBe("infinite");
    expect(page).toContain("<li>perfect, PSNR: the images are identical.</li>");
    expect(page).not.toContain('id="images"'); // nothing to show
  });

  it("gives each slice its place and its MAE over scored voxels", async () => {
    const content = await reportContent();
    const page = await reportHtml(content);
    const { sct, ct, mask } = content.cases[1]!;
    const mae = Array.from({ length: 12 }, (_, k) => {
      const errors: number[] = [];
      for (let j = 0; j < 24; j++)
        for (let i = 0; i < 20; i++)
          if (mask.at(i, j, k) > 0) errors.push(Math.abs(sct.at(i, j, k) - ct.at(i, j, k)));
      return errors.reduce((a, b) => a + b, 0) / errors.length;
    });
    const slices = slicesOf(page)[1]!;
    expect(slices.map((slice) => slice.where)).toEqual(
      Array.from(
        { length: 10 },
        (_, n) => `axial slice ${n + 1}, z ${(-30 + 5 * (n + 1)).toFixed(1).replace("-", "−")} mm`,
      ),
    );
    expect(slices.map((slice) => slice.score)).toEqual(
      Array.from({ length: 10 }, (_, n) => `MAE ${mae[n + 1]!.toFixed(1)} HU over 238 voxels`),
    );
    expect(tableOf(page, "case two: mean absolute error").map((row) => row[2])).toEqual(
      Array.from({ length: 10 }, (_, n) => mae[n + 1]!.toFixed(1)),
    );
    expect(slices[0]!.images).toHaveLength(4);
    expect(page).toContain("10 of 12 axial slices hold scored voxels; all are shown");
  });

  it("is the same however the voxels are stored, and shows the plane asked for", async () => {
    const { id, mr, sct, ct, mask } = await reportCase("a", 5);
    const stored = { id, mr: reorient(mr, "PIL"), sct, ct: reorient(ct, "LSA"), mask: reorient(mask, "AIR") };
    const created = new Date(0);
    const page = (one: object) =>
      reportHtml({ title: "t", created, cases: [{ id, ...one }] }, { axes: ["coronal"] });
    const straight = await page({ mr, sct, ct, mask });
    expect(await page(stored)).toBe(straight);
    expect(slicesOf(straight)[0]![0]!.where).toBe("coronal slice 3, y −18.0 mm");
    expect(straight).toContain("aspect-ratio: 40.000 / 60.000"); // 20 voxels of 2 mm, 12 of 5 mm
  });

  it("plots every loss, and the validation MAE apart; marks the epoch kept", async () => {
    const page = await reportHtml(await reportContent());
    for (const title of ["Training loss", "Training loss: edge", "Validation MAE, HU"])
      expect(page).toContain(`<figcaption>${title}<small>`);
    expect(page.match(/kept: epoch 2/g)).toHaveLength(3 * 2); // three charts in two sizes
    expect(tableOf(page, "Losses, validation")).toEqual([
      ["1", "0.5", "0.25", "90.00", "0.001", "2.0", ""],
      ["2", "0.3", "0.2", "61.25", "0.001", "2.0", "kept"],
      ["3", "0.2", "0.15", "70.00", "0.0005", "2.0", ""],
    ]);
    const plain = await reportHtml({
      title: "t",
      history: [{ epoch: 1, loss: 2, losses: { loss: 2 }, validation: null, learningRate: 1, seconds: 1 }],
    });
    expect(plain).toContain("<figcaption>Training loss<small>");
    expect(plain).not.toContain("<figcaption>Validation MAE");
    expect(plain).not.toContain("kept: epoch");
  });

  it("counts the histogram's voxels", async () => {
    const content = await reportContent();
    const rows = tableOf(await reportHtml(content), "Scored voxels by HU");
    const between = (name: "ct" | "sct", low: number) =>
      content.cases.reduce((sum, one) => {
        const inside = [...one[name].values()].filter((v, i) => one.mask.data[i] && v >= low && v < low + 20);
        return sum + inside.length;
      }, 0);
    const number = (text: string) => Number(text.replace("−", "-").replaceAll(" ", ""));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      const low = number(row[0]!);
      expect(number(row[1]!)).toBe(low + 20);
      expect(row.slice(2, 4).map(number), row[0]).toEqual([between("ct", low), between("sct", low)]);
    }
    expect(rows.reduce((sum, row) => sum + number(row[3]!), 0)).toBe(4760);
  });

  it("escapes every text", async () => {
    const content = await reportContent();
    const [one] = content.cases;
    const { synthrad2023 } = one!.reports;
    const rule = { ...synthrad2023, mae: { ...synthrad2023.mae, maskRule: HOSTILE, why: HOSTILE } };
    const page = await reportHtml({
      title: HOSTILE,
      lead: HOSTILE,
      facts: { [HOSTILE]: HOSTILE },
      notes: [HOSTILE],
      cases: [
        { ...one!, id: HOSTILE, maskRule: HOSTILE, reports: { synthrad2023: rule } },
        content.cases[1]!,
      ],
      history: [{ ...content.history![0]!, losses: { loss: 0, [HOSTILE]: 1 } }],
    });
    expect(page).not.toMatch(/<img src=x|<b>&|onerror="/);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page.match(/&lt;\/script&gt;&lt;img src=x onerror=&quot;/g)!.length).toBeGreaterThan(12);
    expect(slicesOf(page)).toHaveLength(2);
  });

  it("fetches nothing and links nowhere", async () => {
    const page = await reportHtml(await reportContent());
    expect(page).not.toMatch(/https?:|@import|url\(|<link|<iframe|<object|import\(|fetch\(/);
    const sources = [...page.matchAll(/(?:src|href)="([^"]{0,30})/g)].map((match) => match[1]!);
    expect(sources.length).toBe(1 + 2 * 4);
    for (const source of sources) expect(source).toMatch(/^(data:image\/png;base64,|#main)/);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  it("says what it is, and what was simulated", async () => {
    const { id, reports } = await reportCase("a", 5);
    const measured = { synthrad2023: { ...reports.synthrad2023, simulated: false } };
    const page = await reportHtml({ title: "t", cases: [{ id, reports: measured }] });
    expect(page).toContain("Research software, not a medical device.");
    expect(page).not.toContain("Simulated images.");
    expect(await reportHtml({ title: "t", cases: [{ id, reports }] })).toContain("Simulated images.");
    const shown = await reportHtml(await reportContent());
    expect(shown.match(/class="badge"[^>]*>simulated</g)).toHaveLength(8);
  });

  it("shows what there is", async () => {
    const { id, sct, ct, mr } = await reportCase("a", 5);
    const figures = (page: string) => page.match(/<figure class="panel">/g)!.length;
    const alone = await reportHtml({ title: "t", cases: [{ id, sct }] });
    expect(figures(alone)).toBe(1);
    expect(alone).not.toContain("MAE");
    expect(alone).toContain("12 of 12 axial slices; all are shown");
    expect(alone).not.toContain('id="histogram"');
    expect(figures(await reportHtml({ title: "t", cases: [{ id, sct, ct }] }))).toBe(3);
    expect(figures(await reportHtml({ title: "t", cases: [{ id, mr, sct }] }))).toBe(2);
    const few = await reportHtml({ title: "t", cases: [{ id, sct, ct }] }, { maxSlices: 3 });
    expect(slicesOf(few)[0]!.map((slice) => slice.where.split(",")[0])).toEqual(
      [0, 6, 11].map((n) => `axial slice ${n}`),
    );
    expect(few).toContain("12 of 12 axial slices; 3 are shown, evenly chosen");
  });

  it("shows what a model made without a CT: three planes, classes, uncertainty, tables, warnings", async () => {
    const { id, sct, mr } = await reportCase("a", 5);
    const made = sct.with({ trainedOn: "phantoms" });
    const volume = sct.with({ data: Uint8Array.from(sct.data, (hu) => (hu > 0 ? 2 : 1)), unit: "unknown" });
    const classes = { volume, names: ["outside", "<air>", "tissue"] };
    const uncertainty = sct.with({ data: new Float32Array(sct.size).fill(50) });
    const page = await reportHtml(
      {
        title: "t",
        cases: [{ id, mr, sct: made, classes, uncertainty }],
        warnings: ["The input <b>is</b> doubtful."],
        tables: [{ title: "Classes in mL", head: ["Class", "mL"], rows: [["<air>", "12.0"]] }],
      },
      { axes: ["axial", "coronal", "sagittal"], maxSlices: 2 },
    );
    expect(slicesOf(page).map((slices) => [slices.length, slices[0]!.images.length])).toEqual([
      [2, 4],
      [2, 4],
      [2, 4],
    ]);
    expect(slicesOf(page)[2]![0]!.where).toMatch(/^sagittal slice 0/);
    expect(page.match(/<li><svg[^>]*>.*?<\/svg> ([^<]*)<\/li>/g)).toHaveLength(3 * 3);
    expect(page).toContain("&lt;air&gt;</li>");
    expect(page).toContain("Trained on phantoms alone.");
    expect(page).toContain("The input &lt;b&gt;is&lt;/b&gt; doubtful.");
    expect(tableOf(page, "Classes in mL")).toEqual([["&lt;air&gt;", "12.0"]]);
    expect(await reportHtml({ title: "t", cases: [{ id, mr, classes }] })).toContain(
      "Classes, axial slice 6",
    );
  });

  it("reports progress and stops when told to", async () => {
    const { id, sct } = await reportCase("a", 5);
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      seen.push(done, total);
      if (done === 2) abort.abort();
    };
    const error = await errorOf(
      reportHtml({ title: "t", cases: [{ id, sct }] }, { signal: abort.signal, onProgress }),
    );
    expect(error.kind).toBe("aborted");
    expect(seen).toEqual([1, 12, 2, 12]);
  });

  it("refuses what it can't show", async () => {
    const { sct, ct, mr } = await reportCase("a", 5);
    const of = (one: object, options = {}) =>
      errorOf(reportHtml({ title: "t", cases: [{ id: "x", sct, ...one }] }, options));
    expect((await of({ sct: mr })).message).toMatch(/case "x": sct must be in HU, its unit is "arbitrary"/);
    const other = ct.with({ affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1] });
    expect((await of({ ct: other })).message).toMatch(/case "x": ct .* and sct .*different grids/);
    expect((await of({}, { axes: ["oblique"] })).message).toMatch(/unknown axis "oblique"/);
    expect((await of({}, { window: "liver" })).message).toMatch(/window must be soft, brain/);
    expect((await of({}, { errorLimit: -1 })).message).toMatch(/errorLimit must be positive/);
    expect((await of({}, { maxSlices: 0 })).message).toMatch(/maxSlices must be a whole number/);
  });
});
