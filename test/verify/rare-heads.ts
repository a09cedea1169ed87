// What the model of heads makes of what is rare: of one simulated head with a case and without it, all else the same to the bit.
//
//   npm run verify:rare                                          # heads 14 and 16 with each case, the model that ships
//   npm run verify:rare -- --cases craniectomy,dental --model run/best.safetensors
//   npm run verify:rare -- --no-measure --picture rare.png       # MR and CT of each case, three planes through what it changed
//   npm run verify:rare -- --no-measure --cost                   # CPU time of a head with each case, beside one without any
//
// "Changed" is where CTs or classes differ, and 5 mm around it: there MAE and Dice of bone (above 300 HU) with the case, and in the same place without it. "Elsewhere" is the rest of the
// body. With --record figures are kept in weights/head/measured.json, of which `npm run verify:heads:table` makes the table in docs/validation.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { encode } from "fast-png";
import { Canvas } from "../../src/evaluation/report/canvas.ts";
import { drawSlice } from "../../src/evaluation/report/tile.ts";
import { loadModel, readVolume } from "../../src/host/node/index.ts";
import { type ColourMap, greys, mrRange, VIEWS } from "../../src/imaging/display/index.ts";
import {
  headMap,
  NO_RARE_CASES,
  RARE_CASES,
  type RandomHead,
  type RandomHeadOptions,
  type RareCases,
  randomHead,
} from "../../src/imaging/phantom/index.ts";
import {
  bodyMask,
  dilate,
  extract,
  mapTriple,
  maskBytes,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { HeadPipeline } from "../../src/road/head/index.ts";
import { recordFinding } from "./measured.ts";
import { DATA } from "./tissue-truth.ts";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: "weights/head/head.safetensors" },
    heads: { type: "string", default: "14,16" },
    cases: { type: "string", default: Object.keys(NO_RARE_CASES).join() },
    seeds: { type: "string", default: "" },
    picture: { type: "string" },
    side: { type: "string", default: "112" }, // mm that a picture's tile shows
    measure: { type: "boolean", default: true },
    cost: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const GRID = { shape: [176, 216, 208], spacing: [1, 1, 1] } as const;
const TINY = { shape: [22, 27, 26], spacing: [8, 8, 8] } as const;
const BONE = 300; // HU
const AROUND = [5, 5, 5] as const; // voxels of 1 mm
const cases = flags.cases.split(",") as (keyof RareCases)[];
const head = flags.measure
  ? await HeadPipeline.open({ backend: wasm(), model: await loadModel(flags.model) })
  : undefined;
const rows: { readonly title: string; readonly head: RandomHead; readonly at: Triple }[] = [];

if (flags.cost) await cost();
else for (const number of flags.heads.split(",")) await headWithCases(number);

async function headWithCases(number: string): Promise<void> {
  const map = headMap(await readVolume(`${DATA}heads/head_${number}.nii.gz`));
  const draw = (seed: string, rare: Partial<RareCases>, grid: Pick<RandomHeadOptions, "shape" | "spacing">) =>
    randomHead(map, { seed, rare: { ...NO_RARE_CASES, ...rare }, ...grid });
  /** The first of a head's seeds that gives a whole T1 with its skull. */
  const wholeT1 = async (): Promise<string> => {
    for (let n = 0; ; n++) {
      const seed = `rare ${number} ${n}`;
      const { sequence, covered, classes } = await draw(seed, {}, TINY);
      if (sequence === "mprage" && covered.data.every(Boolean) && classes.data.includes(3)) return seed;
    }
  };
  const seed = flags.seeds || (await wholeT1());
  const plain = await draw(seed, {}, GRID);
  const found = await head?.synthesize(plain.mr);
  for (const name of cases) {
    const rare = await draw(seed, { [name]: 1 }, GRID);
    const changed = difference(plain, rare);
    rows.push({ title: name, head: rare, at: fullestSlices(changed) });
    if (!head || !found) continue;
    const synthesis = await head.synthesize(rare.mr).catch((error: Error) => error);
    if (synthesis instanceof Error) {
      console.log(`head_${number} ${name.padEnd(13)} refused: ${synthesis.message}`);
      continue;
    }
    dilate(changed, GRID.shape, AROUND);
    const elsewhere = maskBytes(bodyMask(rare.ct)).map((body, v) => body & (1 - changed[v]!));
    const mL = changed.reduce((sum, one) => sum + one, 0) / 1000;
    const [here, before] = [scores(synthesis.sct, rare.ct, changed), scores(found.sct, plain.ct, changed)];
    const [there, away] = [scores(synthesis.sct, rare.ct, elsewhere), scores(found.sct, plain.ct, elsewhere)];
    const show = ({ mae, dice }: typeof here) => `${mae.toFixed(1)} HU ${dice.toFixed(3)}`;
    console.log(
      `head_${number} ${name.padEnd(13)} ${mL.toFixed(0)} mL changed: ${show(here)} (without it ${show(before)}); elsewhere ${show(there)} (${show(away)})`,
    );
    if (flags.record)
      recordFinding("verify:rare", `rare ${name} ${number}`, {
        figures: {
          mL,
          MAE: here.mae,
          "MAE without": before.mae,
          bone: here.dice,
          "bone without": before.dice,
          "MAE elsewhere": there.mae,
          "MAE elsewhere without": away.mae,
        },
        warnings: synthesis.warnings.filter((warning) => !found.warnings.includes(warning)),
      });
    for (const warning of synthesis.warnings) console.log(`    ! ${warning}`);
  }
}
head?.dispose();

if (flags.picture) {
  const side = Number(flags.side);
  const canvas = new Canvas(6 * side, rows.length * side, [0, 0, 0]);
  rows.forEach(({ title, head: { mr, ct }, at }, row) => {
    const box = [side, side, side] as const;
    const low = mapTriple(at, (middle, d) =>
      Math.min(GRID.shape[d]! - side, Math.max(0, middle - (side >> 1))),
    );
    const columns: readonly (readonly [Volume, ColourMap])[] = [
      [mr, greys(...mrRange(mr))],
      [ct, greys(-700, 2000)],
    ];
    columns.forEach(([volume, colours], column) => {
      (["axial", "coronal", "sagittal"] as const).forEach((axis, plane) => {
        const view = VIEWS[axis];
        const place = { x: (3 * column + plane) * side, y: row * side, width: side, height: side };
        const index = at[view.through] - low[view.through];
        drawSlice(canvas, extract(volume, low, box), view, index, place, colours);
      });
    });
    canvas.label(2, row * side + 2, title, [255, 255, 255], 1);
  });
  const { width, height, data } = canvas;
  const grey = data.filter((_, n) => n % 3 === 0).map((value) => value & 0xf8); // 32 shades, as noise is most of the file
  writeFileSync(flags.picture, encode({ width, height, data: grey, channels: 1 }, { zlib: { level: 9 } }));
}

/** CPU seconds of random heads of 136×168×168 voxels of 1.5 mm, as training makes them. */
async function cost(): Promise<void> {
  const spent = new Map<string, number>();
  const numbers = flags.heads.split(",");
  for (const number of numbers) {
    const map = headMap(await readVolume(`${DATA}heads/head_${number}.nii.gz`));
    for (const name of ["warm up", "none", ...cases]) {
      const before = process.cpuUsage();
      await randomHead(map, {
        seed: `cost ${number}`,
        rare: { ...NO_RARE_CASES, ...(name in NO_RARE_CASES ? { [name]: 1 } : {}) },
      });
      const { user, system } = process.cpuUsage(before);
      spent.set(name, (spent.get(name) ?? 0) + (user + system) / 1e6 / numbers.length);
    }
  }
  const none = spent.get("none")!;
  const more = cases.map((name) => [name, spent.get(name)! - none] as const);
  console.log(
    `none ${none.toFixed(2)} s of CPU; more with ${more.map(([name, s]) => `${name} ${s.toFixed(2)}`).join(", ")}`,
  );
  const usual = more.reduce((sum, [name, s]) => sum + RARE_CASES[name] * s, 0);
  console.log(
    `with the usual shares of these: ${(none + usual).toFixed(2)} s, ${((100 * usual) / none).toFixed(1)} % more`,
  );
}

/** Where CTs or classes differ. */
function difference(a: RandomHead, b: RandomHead): Uint8Array {
  const [one, other] = [a.ct.values(), b.ct.values()];
  return Uint8Array.from(one, (hu, v) =>
    Math.abs(hu - other[v]!) > 20 || a.classes.data[v] !== b.classes.data[v] ? 1 : 0,
  );
}

/** Along each axis the slice of most voxels of a mask; the middle one where it is empty. */
function fullestSlices(mask: Uint8Array): readonly [number, number, number] {
  const [nx, ny] = GRID.shape;
  const counts = GRID.shape.map((n) => new Uint32Array(n));
  for (let v = 0; v < mask.length; v++)
    if (mask[v])
      for (const [d, at] of [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))].entries())
        counts[d]![at]!++;
  const fullest = (axis: Uint32Array) =>
    axis.some(Boolean) ? axis.indexOf(Math.max(...axis)) : axis.length >> 1;
  return counts.map(fullest) as unknown as readonly [number, number, number];
}

function scores(sct: Volume, ct: Volume, mask: Uint8Array): { readonly mae: number; readonly dice: number } {
  const [a, b] = [sct.values(), ct.values()];
  let [n, sum, both, either] = [0, 0, 0, 0];
  for (let v = 0; v < mask.length; v++) {
    if (!mask[v]) continue;
    n++;
    sum += Math.abs(a[v]! - b[v]!);
    const [one, other] = [a[v]! > BONE ? 1 : 0, b[v]! > BONE ? 1 : 0];
    both += one & other;
    either += one + other;
  }
  return { mae: sum / n, dice: (2 * both) / either };
}
