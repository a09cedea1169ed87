import { encodeVolume } from "../../src/imaging/formats/index.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../../src/imaging/phantom/index.ts";
import { reorient, type Triple } from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { encodeModel } from "../../src/road/model-file/index.ts";
import { definePreparation, Slicer, usualSteps } from "../../src/road/preparation/index.ts";
import { DEFAULT_NORMALIZERS } from "../../src/road/training/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Settings } from "../harness/suite.ts";
import { initialWeights } from "./initial-weights.ts";

/** What the rows of the road share. */
export interface RoadSettings {
  /** Of the volume on disk, mm. */
  readonly shape: Triple;
  readonly spacing: Triple;
  /** Voxels that the model works on, mm. */
  readonly modelSpacing: Triple;
  readonly baseFilters: number;
  readonly levels: number;
  /** Slices in a call of the model. */
  readonly batch: number;
  readonly peerThreads: number;
}

export function roadSettings(settings: Settings): RoadSettings {
  return settings as unknown as RoadSettings;
}

export const mrFile = ({ shape }: RoadSettings): string => `road-mr-${shape.join("x")}.nii.gz`;
export const modelFile = ({ baseFilters, levels, modelSpacing }: RoadSettings): string =>
  `road-unet-${baseFilters}x${levels}-${modelSpacing.join("x")}mm.safetensors`;

/** Writes a model with untrained weights and, where it is absent, the MR of a simulated head. */
export async function prepareRoad(
  settings: RoadSettings,
  cache: CacheFolder,
  signal?: AbortSignal,
): Promise<void> {
  await cache.once(mrFile(settings), () => simulateMr(settings, signal));
  await cache.write(modelFile(settings), await untrainedModel(settings));
}

/** As a scanner would store it: int16, voxel axes to the left, back and top. */
async function simulateMr({ shape, spacing }: RoadSettings, signal?: AbortSignal): Promise<Uint8Array> {
  const labels = await parametricHead({ seed: 7, shape, spacing, signal });
  const { inputs } = await simulateFromLabels(labels, headTissueTable(), { seed: 7, signal });
  const mr = inputs.t1!;
  const data = Int16Array.from(mr.data, Math.round);
  return encodeVolume(reorient(mr.with({ data }), "LPS"), { format: "nifti", gzip: true, signal });
}

async function untrainedModel({ baseFilters, levels, modelSpacing }: RoadSettings): Promise<Uint8Array> {
  const spec = UNet({ baseFilters, levels });
  const weights = await initialWeights(spec);
  return encodeModel({
    schema: 1,
    model: { name: spec.name, config: spec.config },
    preparation: definePreparation({
      inputs: [{ name: "t1" }],
      steps: usualSteps({
        spacing: modelSpacing,
        inputs: { t1: DEFAULT_NORMALIZERS.input },
        target: DEFAULT_NORMALIZERS.target,
      }),
      sampler: Slicer.slices(),
    }).toJSON(),
    background: { outside: "air", margin: MARGIN },
    weights,
    provenance: {
      library: "@midash/core",
      created: new Date(0).toISOString(),
      dataset: "none: untrained, for benchmarks",
      trainedOn: "phantoms",
      cases: 0,
      seed: 1,
      backend: wasm().name,
      epochs: 0,
      steps: 0,
      settings: {},
    },
    intendedFor: "phantoms",
    metrics: {},
    licence: "MIT",
  });
}

/** Growth of the estimated mask, mm. */
export const MARGIN = 8;
