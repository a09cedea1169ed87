import type { Triple } from "../../../imaging/volume/index.ts";

/** What the demo trains, on what, and for how long. */
export interface DemoRecipe {
  readonly subjects: { readonly train: number; readonly validation: number; readonly test: number };
  /** Voxels along x, y, z and their size in mm. Default: the phantom's own. */
  readonly grid?: { readonly shape: Triple; readonly spacing: Triple };
  /** Options of the default model. */
  readonly modelOptions: Readonly<Record<string, number>>;
  /** [H, W]: y and x of the phantom. */
  readonly size: readonly [number, number];
  readonly learningRate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly flip: boolean;
}

/** `midash demo`: two minutes on two quiet cores, so that five are enough on slow or busy ones. */
export const QUICK: DemoRecipe = {
  subjects: { train: 12, validation: 1, test: 2 },
  modelOptions: { baseFilters: 8, levels: 4 },
  size: [112, 96],
  learningRate: 3e-3,
  epochs: 5,
  stepsPerEpoch: 80,
  batchSize: 4, // as good as 8 per step here, at half the time
  flip: true,
};

/** `midash demo --full`: some 15 minutes. */
export const FULL: DemoRecipe = {
  subjects: { train: 32, validation: 2, test: 4 },
  modelOptions: { baseFilters: 16, levels: 4 },
  size: [112, 96],
  learningRate: 2e-3,
  epochs: 25,
  stepsPerEpoch: 130,
  batchSize: 4,
  flip: true,
};
