import type { Random } from "../../../../base/random/index.ts";
import type { ForeignBodies, Place } from "./foreign-bodies.ts";

/** Hz of protons at 1.5 T. */
const LARMOR = 63.87e6;
/** mm between the dipoles that stand for what is metal. */
const CELL = 4;
/** A shift of fewer voxels than this is left out. */
const LEAST = 0.2;
/** mm: beyond it no dipole is followed. */
const FARTHEST = 50;
/** Where signal piles up, it is at most so many times as bright as the head's brightest. */
const BRIGHTEST = 2.5;

/** Metal of one cell, as a dipole at its middle. */
interface Dipole {
  readonly sum: [number, number, number];
  /** Volume (mm³) times susceptibility. */
  moment: number;
  /** mm³ */
  volume: number;
}

/**
 * Foreign bodies in an image of 0 to 1, and what metal does to it around them, in place: a field of dipoles along S moves signal along the readout, which leaves voids with bright rims, and with a
 * gradient echo signal is lost where the field changes within a voxel (Schenck 1996; Hargreaves et al., "Metal-induced artifacts in MRI", AJR 197, 2011).
 *
 * @param sequence name of a `RandomContrast`: `mprage` is the one that reads gradient echoes late enough to lose signal
 */
export function distort(image: Float32Array, head: ForeignBodies, random: Random, sequence: string): void {
  head.each((v, { signal }) => {
    image[v] = signal;
  });
  const echo = sequence === "mprage" ? random.uniform(2, 5) : 0; // ms
  const { shape } = head;
  const dipoles = gathered(head);
  const axis = random.integer(3) as 0 | 1 | 2;
  const hertzPerVoxel = random.uniform(130, 450) / (random.next() < 0.4 ? 2 : 1); // the field is twice as strong at 3 T
  const scale = LARMOR / hertzPerVoxel;
  const shift = new Float32Array(image.length); // voxels
  for (const { sum, moment, volume } of dipoles)
    addDipole(
      shift,
      head,
      sum.map((s) => s / volume) as unknown as Place,
      (moment * scale) / (4 * Math.PI),
      volume,
    );
  if (echo > 0) dephase(image, shift, shape, hertzPerVoxel * echo * 1e-3);
  const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const n = shape[axis];
  const [line, moved] = [new Float32Array(n), new Float32Array(n)];
  for (let start = 0; start < image.length; start++) {
    if (Math.floor(start / stride) % n !== 0) continue;
    let touched = false;
    for (let i = 0; i < n && !touched; i++) touched = shift[start + i * stride] !== 0;
    if (!touched) continue;
    for (let i = 0; i < n; i++) {
      line[i] = image[start + i * stride]!;
      moved[i] = shift[start + i * stride]!;
    }
    const out = displaced(line, moved);
    for (let i = 0; i < n; i++) image[start + i * stride] = Math.min(BRIGHTEST, out[i]!);
  }
}

/** Metal, by cells of {@link CELL} mm. */
function gathered(head: ForeignBodies): Iterable<Dipole> {
  const { spacing } = head;
  const each = spacing[0] * spacing[1] * spacing[2];
  const cells = new Map<string, Dipole>();
  head.each((v, { ppm }) => {
    if (ppm === 0) return;
    const place = head.placeOf(v);
    const key = place.map((mm) => Math.floor(mm / CELL)).join();
    const cell = cells.get(key) ?? { sum: [0, 0, 0], moment: 0, volume: 0 };
    cells.set(key, cell);
    for (let d = 0; d < 3; d++) cell.sum[d]! += each * place[d]!;
    cell.moment += each * ppm * 1e-6;
    cell.volume += each;
  });
  return cells.values();
}

/** Outside a ball of metal the field is a dipole's, within it none is added. */
function addDipole(
  shift: Float32Array,
  { shape, spacing }: ForeignBodies,
  at: Place,
  strength: number,
  volume: number,
): void {
  const reach = Math.min(FARTHEST, Math.cbrt((2 * Math.abs(strength)) / LEAST));
  const own = Math.cbrt((3 * volume) / (4 * Math.PI)) ** 2;
  const from = spacing.map((s, d) => Math.max(0, Math.ceil((at[d]! - reach) / s)));
  const to = spacing.map((s, d) => Math.min(shape[d]! - 1, Math.floor((at[d]! + reach) / s)));
  for (let k = from[2]!; k <= to[2]!; k++)
    for (let j = from[1]!; j <= to[1]!; j++) {
      const [y, z] = [spacing[1] * j - at[1], spacing[2] * k - at[2]];
      const row = shape[0] * (j + shape[1] * k);
      for (let i = from[0]!; i <= to[0]!; i++) {
        const x = spacing[0] * i - at[0];
        const squared = x * x + y * y + z * z;
        if (squared < own || squared > reach * reach) continue;
        shift[row + i]! += (strength * ((3 * z * z) / squared - 1)) / (squared * Math.sqrt(squared));
      }
    }
}

/** Signal lost where spins of one voxel turn apart; `turns` of a spin, for a field that shifts it by one voxel. */
function dephase(image: Float32Array, shift: Float32Array, [nx, ny]: readonly number[], turns: number): void {
  const strides = [1, nx!, nx! * ny!];
  for (let v = strides[2]!; v < image.length - strides[2]!; v++) {
    if (shift[v] === 0) continue;
    let kept = 1;
    for (const stride of strides) {
      const phase = (Math.PI * turns * (shift[v + stride]! - shift[v - stride]!)) / 2;
      kept *= Math.abs(phase) < 1e-3 ? 1 : Math.abs(Math.sin(phase) / phase);
    }
    image[v]! *= kept;
  }
}

/** Each voxel's signal spread over where its two edges end up: what is pulled apart gets darker, what is pushed together brighter. */
function displaced(line: Float32Array, shift: Float32Array): Float32Array {
  const n = line.length;
  const out = new Float32Array(n);
  const edge = (i: number) => i - 0.5 + (shift[Math.max(0, i - 1)]! + shift[Math.min(n - 1, i)]!) / 2;
  for (let i = 0; i < n; i++) {
    const [a, b] = [edge(i), edge(i + 1)];
    const [low, high] = [Math.min(a, b), Math.max(a, b, Math.min(a, b) + 1e-3)];
    const density = line[i]! / (high - low);
    for (let j = Math.max(0, Math.floor(low + 0.5)); j <= Math.min(n - 1, Math.floor(high + 0.5)); j++)
      out[j]! += density * Math.max(0, Math.min(high, j + 0.5) - Math.max(low, j - 0.5));
  }
  return out;
}
