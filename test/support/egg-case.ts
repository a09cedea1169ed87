import { Random } from "../../src/base/random/index.ts";
import { affineFromSpacing, type Unit, Volume, type VolumeData } from "../../src/imaging/volume/index.ts";
import { type Case, volumeRef } from "../../src/road/data/index.ts";

/** An egg of soft tissue in a shell of bone, with noise in its MR. */
export function eggCase(id: string): Case {
  const shape = [25, 31, 21] as const;
  const random = new Random(id);
  const radius = random.uniform(0.7, 0.9);
  const [ct, t1, tissue] = [
    new Int16Array(25 * 31 * 21),
    new Float32Array(25 * 31 * 21),
    new Uint8Array(25 * 31 * 21),
  ];
  for (let n = 0; n < ct.length; n++) {
    const [i, j, k] = [n % 25, Math.floor(n / 25) % 31, Math.floor(n / (25 * 31))];
    const r = Math.hypot((i - 12) / 12, (j - 15) / 15, (k - 10) / 10) / radius;
    const label = r > 1 ? 0 : r > 0.85 ? 2 : 1;
    tissue[n] = label;
    ct[n] = [-1000, 40, 900][label]! + random.integer(30);
    t1[n] = [0, 300, 20][label]! + 10 * random.next();
  }
  const affine = affineFromSpacing([8, 7, 9]);
  const ref = (data: VolumeData, unit: Unit) =>
    volumeRef(new Volume({ shape, affine, data, unit, simulated: true }));
  return {
    id,
    inputs: { t1: ref(t1, "arbitrary") },
    targets: { ct: ref(ct, "HU"), tissue: ref(tissue, "unknown") },
  };
}
