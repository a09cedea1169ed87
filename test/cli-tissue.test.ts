/** `classify --kind tissue` as a user runs it: files in, files out. Needs `npm run build` first. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume, writeVolume } from "../src/host/node/index.ts";
import {
  Classifier,
  HeadLabel,
  headTissueTable,
  parametricHead,
  simulateFromLabels,
  type Volume,
} from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);
const BRAIN: readonly number[] = [
  HeadLabel.csf,
  HeadLabel.ventricle,
  HeadLabel.greyMatter,
  HeadLabel.deepGrey,
  HeadLabel.cerebellarGrey,
  HeadLabel.whiteMatter,
  HeadLabel.cerebellarWhite,
  HeadLabel.brainStem,
];
let t1: Volume;
let mask: Volume;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-tissue-"));
  const head = await parametricHead({ seed: 3, shape: [40, 48, 38], spacing: [5, 5, 5] });
  const { inputs, labels, ct } = await simulateFromLabels(head, headTissueTable(), {
    seed: 3,
    contrasts: ["t1", "t2"],
  });
  t1 = inputs.t1!;
  mask = labels.with({ data: Uint8Array.from(labels.data, (l) => (BRAIN.includes(l) ? 1 : 0)), meta: {} });
  const files = { t1, t2: inputs.t2!, ct, mask, none: mask.with({ data: new Uint8Array(mask.size) }) };
  for (const [name, volume] of Object.entries(files)) await writeVolume(join(root, `${name}.nii.gz`), volume);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const tissue = ["--kind", "tissue", "--method", "em", "--mask", "mask.nii.gz"] as const;

describe("classify --kind tissue", () => {
  it("gives what the library gives, and shares", async () => {
    const ran = await midash(
      "classify",
      "t1.nii.gz",
      "l.nii.gz",
      ...tissue,
      "--contrast",
      "t1",
      "--pve",
      "p",
      "--json",
    );
    expect(ran.code).toBe(0);
    const { labels, pve, table } = await Classifier.tissue({ contrast: "t1" }).classify(
      await readVolume(join(root, "t1.nii.gz")),
      { mask },
    );
    const { table: said, contrasts, detected, maskRule, simulated } = lastJson(ran);
    expect(said).toEqual(JSON.parse(JSON.stringify(table)));
    expect([contrasts, detected, maskRule, simulated]).toEqual([["t1"], false, "given", true]);
    expect((await readVolume(join(root, "l.nii.gz"))).data).toEqual(labels.data);
    for (const name of ["csf", "gm", "wm"] as const)
      expect((await readVolume(join(root, `p_${name}.nii.gz`))).data).toEqual(pve[name].data);
  });

  it("says which contrast it took the image for, and takes several", async () => {
    const ran = await midash("classify", "t2.nii.gz", "l2.nii", ...tissue);
    expect(ran.out).toMatch(/brain tissue of a simulated image from t2 \(read off the image/);
    expect(ran.out).toMatch(/csf +1 .*\n +gm +2 .*\n +wm +3 /);
    const both = ["--contrast", "t1", "--input", "t2=t2.nii.gz", "--json"];
    const many = await midash("classify", "t1.nii.gz", "l3.nii", ...tissue, ...both);
    expect(lastJson(many).contrasts).toEqual(["t1", "t2"]);
  });

  it("refuses what it can't use", async () => {
    const one = ["classify", "t1.nii.gz", "o.nii.gz", "--kind"];
    await refused(
      [...one, "tissue", "--contrast", "t3"],
      /--contrast: must be one of t1, t2, flair, got "t3"/,
    );
    await refused([...one, "tissue", "--input", "t2=t2.nii.gz"], /--contrast: is needed beside --input/);
    await refused([...one, "tissue", "--contrast", "t1", "--input", "t1=t2.nii.gz"], /given twice/);
    await refused([...one, "tissue", "--method", "em", "--mask", "none.nii.gz"], /--mask: is empty/);
    await refused([...one, "tissue", "--method", "ml"], /--method: must be one of network, em, got "ml"/);
    await refused([...one, "brain", "--pve", "p"], /--pve: goes with --kind tissue only/);
    await refused([...one, "density", "--pve", "p"], /--pve: goes with --kind tissue only/);
    await refused(["classify", "ct.nii.gz", "o.nii.gz", "--kind", "tissue"], /marked as a CT in HU/);
  });
});
