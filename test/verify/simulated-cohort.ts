/**
 * Makes a cohort of simulated patients as SynthRAD2023 packs its own, for trying whole roads at their real size: random heads in T1 from label maps of whole
 * heads, at 1 mm, `<id>/{mr,ct,mask}.nii.gz`, of three centres.
 *
 *   npx jiti test/verify/simulated-cohort.ts OUT [PATIENTS] [MAPS]      default: 40 patients of ../shared/data/heads
 *
 * The same patients are the same bits. A case takes some 20 s. Those that are there are left.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readVolume, writeVolume } from "../../src/host/node/index.ts";
import { type HeadMap, headMap, randomHead } from "../../src/imaging/phantom/index.ts";
import { bodyMask, dilateMask, maskBytes } from "../../src/imaging/volume/index.ts";

const [out, count = "40", maps = "../shared/data/heads"] = process.argv.slice(2);
if (out === undefined) throw new Error("usage: simulated-cohort.ts OUT [PATIENTS] [MAPS]");
const files = (await readdir(maps)).filter((name) => name.endsWith(".nii.gz")).sort();
if (files.length === 0) throw new Error(`${maps} holds no label maps (.nii.gz)`);

/** mm; voxels along R, A, S. */
const SPACING = [1, 1, 1] as const;
const SHAPE = [192, 232, 224] as const;
/** Names of random sequences that T1 is among. */
const T1 = /^(t1|mprage)$/;

/** A draw that has a T1 sequence and is a whole head: at a coarse grid first, which is soon made. */
async function seedOf(map: HeadMap, patient: number): Promise<string> {
  for (let draw = 0; draw < 200; draw++) {
    const seed = `cohort/${patient}/${draw}`;
    const head = await randomHead(map, { seed, shape: [24, 29, 28], spacing: [8, 8, 8] });
    const isWhole = !maskBytes(head.covered).includes(0);
    if (T1.test(head.sequence) && isWhole) return seed;
  }
  throw new Error(`no T1 among the draws of patient ${patient}`);
}

for (let patient = 0; patient < Number(count); patient++) {
  const id = `1B${"ABC"[patient % 3]}${String(patient + 1).padStart(3, "0")}`;
  const home = join(out, id);
  if (existsSync(join(home, "mask.nii.gz"))) continue;
  await mkdir(home, { recursive: true });
  const map = headMap(
    await readVolume(join(maps, files[patient % files.length]!)),
    files[patient % files.length]!,
  );
  const seed = await seedOf(map, patient);
  const { mr, ct, sequence } = await randomHead(map, { seed, shape: SHAPE, spacing: SPACING });
  const whole = (values: Float32Array) => Int16Array.from(values, Math.round);
  await writeVolume(join(home, "mr.nii.gz"), mr.with({ data: whole(mr.values()) }));
  await writeVolume(join(home, "ct.nii.gz"), ct.with({ data: whole(ct.values()) }));
  await writeVolume(join(home, "mask.nii.gz"), dilateMask(bodyMask(ct), 10));
  process.stdout.write(`${id}: ${files[patient % files.length]}, ${sequence}\n`);
}
