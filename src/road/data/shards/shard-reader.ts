import { shiftAffine, type Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Place, Subject, SubjectImage, TargetImage } from "../../preparation/index.ts";
import { foregroundOf } from "../batches/draw-places.ts";
import type { PreparedCase, Reference } from "../prepared-case.ts";
import { type ShardHeader, type ShardLayout, type Spot, shardLayout } from "./shard-header.ts";
import { ShardMemory } from "./shard-memory.ts";
import { bytesOf, type Codes, type StoredImage } from "./stored-image.ts";

/** A box of voxels: the first of them, and one beyond the last, along x, y and z. */
export interface Box {
  readonly from: Triple;
  readonly to: Triple;
}

type Numbers = Float32Array | Uint8Array;

/** A sample whose depth lies across a shard's planes, and whose pixels are voxels. */
export interface SampleWindow {
  /** First plane, row and column: negative where the sample is padded. */
  readonly place: Place;
  /** Planes, rows and columns. */
  readonly size: Triple;
  /** Planes on each side that are more channels of inputs. */
  readonly context: number;
}

/** Where the numbers of a sample go: inputs with channels last, targets and mask with one. */
export interface SampleRoom {
  readonly input: Float32Array;
  /** As many as targets are asked for. */
  readonly targets: readonly Float32Array[];
  readonly mask: Float32Array;
}

/** Reads a shard, as much of it as is asked for. */
export class ShardReader {
  readonly header: ShardHeader;
  readonly #layout: ShardLayout;
  readonly #read: (at: number, into: Uint8Array) => void;
  readonly #memory: ShardMemory;
  readonly #meanings = new Map<StoredImage, Float32Array | undefined>();

  /** @param read gives the bytes from `at` on, counted from the first record */
  constructor(
    header: ShardHeader,
    read: (at: number, into: Uint8Array) => void,
    memory: ShardMemory = new ShardMemory(),
  ) {
    this.header = header;
    this.#layout = shardLayout(header);
    this.#read = read;
    this.#memory = memory;
  }

  /**
   * What training needs of a box: inputs, targets and the weights in the loss, as the model sees them. Values are the reader's own until the next box is read.
   *
   * @param images names of inputs and targets that are needed. Default: all
   */
  box(box: Box, images?: readonly string[]): Subject {
    const wanted = this.#layout.spots.filter(
      ({ image: { role, name } }) =>
        (role === "mask" && name === "learnt") ||
        ((role === "input" || role === "target") && (images?.includes(name) ?? true)),
    );
    return this.#subject(box, wanted, (image, size) => this.#memory.image(image, size));
  }

  /**
   * Cuts a sample as a sampler would of the whole case, straight from the shard into its place.
   *
   * @returns false where the shard lacks one of the images; nothing is written then
   */
  cut(
    { place: [first, top, left], size: [depth, height, width], context }: SampleWindow,
    { inputs, targets }: { readonly inputs: readonly string[]; readonly targets: readonly string[] },
    room: SampleRoom,
  ): boolean {
    const { spots, record, planes } = this.#layout;
    const find = (role: StoredImage["role"], name: string) =>
      spots.find(({ image }) => image.role === role && image.name === name);
    const own = [
      ...inputs.map((name) => find("input", name)),
      ...targets.map((name) => find("target", name)),
      find("mask", "learnt"),
    ];
    if (!own.every((spot) => spot !== undefined)) return false;
    const [start, end] = [
      Math.min(...own.map(({ at }) => at)),
      Math.max(...own.map(({ at, length }) => at + length)),
    ];
    const memory = this.#memory.record(record);
    const taken = 2 * context + 1;
    const channels = inputs.length * taken;
    const area = height * width;
    for (let d = 0; d < depth; d++)
      for (let c = 0; c < taken; c++) {
        const near = first + d + c - context;
        const plane = context > 0 ? Math.min(planes - 1, Math.max(0, near)) : near;
        const beside = plane < 0 || plane >= planes;
        if (!beside) this.#read(plane * record + start, memory.subarray(start, end));
        for (const [n, spot] of own.entries()) {
          const isInput = n < inputs.length;
          if (!isInput && c !== context) continue;
          const out = isInput ? room.input : (room.targets[n - inputs.length] ?? room.mask);
          const step = isInput ? channels : 1;
          const at = d * area * step + (isInput ? n * taken + c : 0);
          this.#window(spot, memory, beside, { top, left, height, width }, { out, at, step });
        }
      }
    return true;
  }

  /** Writes what a window shows of the plane in memory, and what lies beyond it. */
  #window(
    { image, at: from, length }: Spot,
    memory: Uint8Array,
    beside: boolean,
    { top, left, height, width }: Readonly<Record<"top" | "left" | "height" | "width", number>>,
    { out, at, step }: { readonly out: Float32Array; readonly at: number; readonly step: number },
  ): void {
    const { rows, columns } = this.#layout;
    const [r0, r1] = [top < 0 ? -top : 0, beside ? 0 : Math.min(height, rows - top)];
    const [c0, c1] = [left < 0 ? -left : 0, Math.min(width, columns - left)];
    if (r0 > 0 || r1 < height || c0 > 0 || c1 < width)
      for (let p = 0, q = at; p < height * width; p++, q += step) out[q] = image.outside;
    if (c1 <= c0) return;
    const codes = numbersIn(memory, image.as, from, length);
    const table = this.#meaning(image);
    // Rows that follow each other in the plane and in the sample are one.
    const joined = c1 - c0 === columns && width === columns;
    const [runs, count] = joined ? [Math.min(1, r1 - r0), (r1 - r0) * columns] : [r1 - r0, c1 - c0];
    for (let r = 0; r < runs; r++) {
      const s = ((top + r0 + r) * columns + left + c0) | 0; // or engines take the index for a fraction, and convert it for each number
      const q = (at + ((r0 + r) * width + c0) * step) | 0;
      if (table) this.#memory.lookUp({ codes, from: s, table, out, at: q, count, step });
      else copyRow(codes, s, out, q, count, step);
    }
  }

  /** The weights in the loss, of the whole case. */
  learnt(): Volume {
    const wanted = this.#layout.spots.filter(
      ({ image: { role, name } }) => role === "mask" && name === "learnt",
    );
    const { masks } = this.#subject(this.#whole(), wanted, (_, size) => new Float32Array(size));
    return masks.learnt!;
  }

  /** Where the foreground of the case is, see `foregroundOf`. */
  foreground(): Volume | undefined {
    const { spots } = this.#layout;
    const make = (_: StoredImage, size: number) => new Float32Array(size);
    const labels = spots.filter(({ image }) => image.kind === "labels").slice(0, 1);
    const learnt = spots.filter(({ image: { role, name } }) => role === "mask" && name === "learnt");
    const ct = labels.length > 0 ? undefined : this.#inHu();
    const subject = this.#subject(this.#whole(), [...labels, ...learnt], make);
    return foregroundOf(subject, ct && this.#volume(this.#whole(), ct, make));
  }

  /** All of the case, or what scores compare, see `StoredCase.load`. */
  prepared(images: "all" | "scored" = "all"): PreparedCase {
    const { facts, grids, referenceSteps, simulated, bytes } = this.header;
    const { spots } = this.#layout;
    const make = ({ bytes: whole }: StoredImage, size: number) =>
      whole ? new Uint8Array(size) : new Float32Array(size);
    const own = spots.filter(
      ({ image: { role, kind, name } }) =>
        role !== "reference" && (images === "all" || !(kind === "ct" || name === "learnt")),
    );
    const subject = this.#subject(this.#whole(), own, make);
    const reference =
      referenceSteps === undefined ? undefined : this.#reference(subject, referenceSteps, make);
    return {
      id: facts.id,
      subject,
      grids,
      ...(reference ? { reference } : {}),
      warnings: facts.warnings,
      simulated,
      bytes,
    };
  }

  #reference(
    { masks }: Subject,
    steps: number,
    make: (image: StoredImage, size: number) => Numbers,
  ): Reference | undefined {
    const { spots } = this.#layout;
    const scored = spots.find(({ image }) => image.role === "reference" && image.name === "scored");
    const where = scored ? this.#volume(this.#whole(), scored, make) : masks.scored;
    const hu = this.#inHu();
    if (!hu || !where) return undefined;
    return { ct: this.#volume(this.#whole(), hu, make), scored: where, steps };
  }

  /** The CT in HU: what the target is made of, or what is kept beside it. */
  #inHu(): Spot | undefined {
    const { spots } = this.#layout;
    const spot =
      spots.find(({ image }) => image.role === "reference" && image.name === "ct") ??
      spots.find(({ image }) => image.normalizer);
    return spot && { ...spot, image: { ...spot.image, normalizer: undefined, unit: "HU" } };
  }

  #whole(): Box {
    return { from: [0, 0, 0], to: this.header.grid.shape };
  }

  #subject(box: Box, wanted: readonly Spot[], make: (image: StoredImage, size: number) => Numbers): Subject {
    const inputs: Record<string, SubjectImage> = {};
    const targets: Record<string, TargetImage> = {};
    const masks: Record<string, Volume> = {};
    const volumes = this.#volumes(box, wanted, make);
    for (const [n, { image }] of wanted.entries()) {
      const { role, name, kind = "ct", outside } = image;
      const volume = volumes[n]!;
      if (role === "input") inputs[name] = { volume, outside, own: true };
      else if (role === "target") targets[name] = { kind, volume, outside, own: true };
      else masks[name] = volume;
    }
    const { affine } = this.header.grid;
    return {
      grid: { shape: shapeOf(box), affine: shiftAffine(affine, box.from) },
      inputs,
      targets,
      masks,
    };
  }

  #volume(box: Box, spot: Spot, make: (image: StoredImage, size: number) => Numbers): Volume {
    return this.#volumes(box, [spot], make)[0]!;
  }

  #volumes(
    box: Box,
    wanted: readonly Spot[],
    make: (image: StoredImage, size: number) => Numbers,
  ): readonly Volume[] {
    const { axis, grid, simulated } = this.header;
    const shape = shapeOf(box);
    const size = shape[0] * shape[1] * shape[2];
    const all = wanted.map(({ image }) => make(image, size));
    for (let p = box.from[axis]; p < box.to[axis]; p++) this.#plane(p, box, wanted, all);
    const affine = shiftAffine(grid.affine, box.from);
    return wanted.map(
      ({ image: { unit } }, n) => new Volume({ shape, affine, data: all[n]!, unit, simulated }),
    );
  }

  /** Reads what is wanted of one plane. */
  #plane(p: number, { from, to }: Box, wanted: readonly Spot[], all: readonly Numbers[]): void {
    const { axis } = this.header;
    const { record, rows, columns } = this.#layout;
    const [across, down] = [0, 1, 2].filter((d) => d !== axis) as [number, number];
    const [top, height] = [from[down]!, to[down]! - from[down]!];
    const [left, width] = [from[across]!, to[across]! - from[across]!];
    const [sx, sy] = [to[0] - from[0], to[1] - from[1]];
    const place = p - from[axis];
    const start = [place, sx * place, sx * sy * place][axis]!;
    const [row, column] = [axis === 2 ? sx : sx * sy, axis === 0 ? sx : 1];
    const memory = this.#memory.record(record);
    const fetch = (first: number, end: number) => this.#read(p * record + first, memory.subarray(first, end));
    // All of a plane lies together; of a part of its rows each image's does.
    const whole = height === rows;
    if (whole) fetch(wanted[0]!.at, wanted.at(-1)!.at + wanted.at(-1)!.length);
    for (const [n, { image, at, length }] of wanted.entries()) {
      const line = columns * bytesOf(image.as);
      if (!whole) fetch(at + top * line, at + (top + height) * line);
      const codes = numbersIn(memory, image.as, at, length);
      const table = this.#meaning(image);
      const out = all[n]!;
      for (let r = 0; r < height; r++) {
        const [s, o] = [(top + r) * columns + left, start + r * row];
        if (table) this.#memory.lookUp({ codes, from: s, table, out, at: o, count: width, step: column });
        else copyRow(codes, s, out, o, width, column);
      }
    }
  }

  #meaning(image: StoredImage): Float32Array | undefined {
    if (!this.#meanings.has(image)) this.#meanings.set(image, this.#memory.meaning(image));
    return this.#meanings.get(image);
  }
}

/** The numbers of a row as they are, `step` apart. */
function copyRow(codes: Codes, s: number, out: Numbers, q: number, count: number, step: number): void {
  for (let i = 0; i < count; i++, q += step) out[q] = codes[s + i]!;
}

function shapeOf({ from, to }: Box): Triple {
  return [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
}

function numbersIn({ buffer, byteOffset }: Uint8Array, as: StoredImage["as"], at: number, bytes: number) {
  const start = byteOffset + at;
  if (as === "uint8") return new Uint8Array(buffer, start, bytes);
  if (as === "float32") return new Float32Array(buffer, start, bytes / 4);
  return new Uint16Array(buffer, start, bytes / 2);
}
