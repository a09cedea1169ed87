/** A U-Net that learns (`train`), is asked (`predict`), learns from a loader (`loaded`), or is compared with wasm (`check`). */
export interface NetworkCase {
  readonly id: string;
  readonly kind: "train" | "predict" | "loaded" | "check";
  readonly dims: 2 | 3;
  readonly baseFilters: number;
  readonly levels: number;
  /** Pixels or voxels a side. */
  readonly size: number;
  readonly batch: number;
}

/** One convolution: its result (`forward`), the gradient of its input or that of its filter. */
export interface ConvolutionCase {
  readonly id: string;
  readonly kind: "conv";
  readonly pass: "forward" | "input" | "filter";
  readonly dims: 2 | 3;
  readonly size: number;
  readonly batch: number;
  readonly from: number;
  readonly to: number;
  /** Taps a side. */
  readonly filter: number;
}

export type GpuCase = NetworkCase | ConvolutionCase;

/** `full` is for a graphics card; `tiny` is the same road on shapes that a software adapter gets through. */
export type GpuSize = "full" | "tiny";

type Network = Omit<NetworkCase, "id" | "kind">;
const network = (kind: NetworkCase["kind"], of: Network): NetworkCase => ({
  id: `${kind}-${shapeOf(of)}`,
  kind,
  ...of,
});

/** "64x5-256" or "16x4-64-3d". */
function shapeOf({ baseFilters, levels, size, dims }: Network): string {
  return `${baseFilters}x${levels}-${size}${dims === 3 ? "-3d" : ""}`;
}

const TINY = { dims: 2, baseFilters: 8, levels: 3, size: 16, batch: 2 } as const;
const TINY_3D = { dims: 3, baseFilters: 4, levels: 2, size: 8, batch: 1 } as const;

/** Of 2-D networks, the largest first: what bars are named for comes before a budget ends. */
const PLANE: readonly Network[] = [
  { dims: 2, baseFilters: 64, levels: 5, size: 256, batch: 16 },
  { dims: 2, baseFilters: 16, levels: 5, size: 256, batch: 16 },
  { dims: 2, baseFilters: 32, levels: 5, size: 256, batch: 16 },
  { dims: 2, baseFilters: 64, levels: 5, size: 128, batch: 32 },
  { dims: 2, baseFilters: 32, levels: 5, size: 128, batch: 32 },
  { dims: 2, baseFilters: 16, levels: 5, size: 128, batch: 32 },
];

const SPACE: readonly Network[] = [
  { dims: 3, baseFilters: 16, levels: 4, size: 96, batch: 2 },
  { dims: 3, baseFilters: 32, levels: 4, size: 96, batch: 2 },
  { dims: 3, baseFilters: 16, levels: 4, size: 64, batch: 2 },
  { dims: 3, baseFilters: 32, levels: 4, size: 64, batch: 2 },
];

/** Cases by what they are for. */
export interface Cases {
  readonly checks: readonly NetworkCase[];
  readonly plane: readonly Network[];
  readonly space: readonly Network[];
  readonly convolutions: readonly ConvolutionCase[];
  readonly loaded: NetworkCase;
}

export function casesOf(size: GpuSize): Cases {
  const checks = [network("check", TINY), network("check", TINY_3D)];
  if (size === "tiny")
    return {
      checks,
      plane: [TINY],
      space: [TINY_3D],
      convolutions: passes({ dims: 2, size: 16, batch: 1, from: 16, to: 16, filter: 3 }),
      loaded: network("loaded", { ...TINY, baseFilters: 4 }),
    };
  return {
    checks,
    plane: PLANE,
    space: SPACE,
    // Layers of the base-64 network at 256², and one of the 3-D networks.
    convolutions: [
      ...passes({ dims: 2, size: 256, batch: 8, from: 64, to: 64, filter: 3 }),
      ...passes({ dims: 2, size: 128, batch: 8, from: 128, to: 128, filter: 3 }),
      ...passes({ dims: 2, size: 64, batch: 8, from: 256, to: 256, filter: 3 }),
      ...passes({ dims: 2, size: 32, batch: 8, from: 512, to: 512, filter: 3 }),
      ...passes({ dims: 2, size: 16, batch: 8, from: 1024, to: 1024, filter: 3 }),
      ...passes({ dims: 2, size: 256, batch: 8, from: 1, to: 64, filter: 3 }),
      ...passes({ dims: 2, size: 128, batch: 8, from: 128, to: 64, filter: 1 }),
      ...passes({ dims: 3, size: 64, batch: 2, from: 32, to: 32, filter: 3 }),
    ],
    loaded: network("loaded", { dims: 2, baseFilters: 16, levels: 5, size: 256, batch: 16 }),
  };
}

export const training = (of: readonly Network[]): readonly NetworkCase[] =>
  of.map((one) => network("train", one));
export const inference = (of: readonly Network[]): readonly NetworkCase[] =>
  of.map((one) => network("predict", one));

function passes(of: Omit<ConvolutionCase, "id" | "kind" | "pass">): readonly ConvolutionCase[] {
  const { dims, size, from, to, filter } = of;
  const id = `conv${filter}-${size}${dims === 3 ? "-3d" : ""}-${from}-${to}`;
  return (["forward", "input", "filter"] as const)
    .filter((pass) => pass !== "input" || from > 1) // nobody asks for the gradient of the image
    .map((pass) => ({ id: `${id}-${pass}`, kind: "conv", pass, ...of }));
}

/** For people. */
export function caseText(of: GpuCase): string {
  const sides = new Array(of.dims).fill(of.size).join("×");
  if (of.kind === "conv") {
    const what = { forward: "convolution", input: "gradient of the input", filter: "gradient of the filter" }[
      of.pass
    ];
    return `${what}, ${of.from} to ${of.to} channels, ${new Array(of.dims).fill(of.filter).join("×")}, ${sides}, batch ${of.batch}`;
  }
  const what = {
    train: "training step",
    predict: "inference",
    loaded: "training from the loader",
    check: "against wasm",
  }[of.kind];
  return `${what}, U-Net base ${of.baseFilters}, ${of.levels} resolutions, ${sides}, batch ${of.batch}`;
}

/** Floating-point operations of one step's convolutions, a multiply-add as two; none for what is not timed by them. */
export function operationsOf(of: GpuCase): number | undefined {
  if (of.kind === "conv")
    return of.batch * of.size ** of.dims * convolution(of.filter, of.dims, of.from, of.to);
  if (of.kind === "check") return undefined;
  const { baseFilters, levels, size, dims, batch } = of;
  const at = (level: number) => (size / 2 ** level) ** dims;
  const filters = (level: number) => baseFilters * 2 ** level;
  const taps = (from: number, to: number) => convolution(3, dims, from, to);
  const first = at(0) * taps(1, filters(0));
  let rest = at(0) * taps(filters(0), filters(0));
  for (let level = 1; level < levels; level++) {
    const [above, here] = [filters(level - 1), filters(level)];
    rest += at(level) * (taps(above, here) + taps(here, here) + convolution(1, dims, here, above)); // the last is `up`, before it doubles
    rest += at(level - 1) * (taps(here, above) + taps(above, above));
  }
  rest += at(0) * convolution(1, dims, filters(0), 1);
  // The image has no gradient: its convolution is done twice, all others three times.
  return batch * (of.kind === "predict" ? first + rest : 2 * first + 3 * rest);
}

/** Of one pixel. */
function convolution(side: number, dims: number, from: number, to: number): number {
  return 2 * side ** dims * from * to;
}
