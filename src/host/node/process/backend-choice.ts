import { fail } from "../../../base/errors/index.ts";
import { dicom } from "../../../imaging/formats/dicom/index.ts";
import { type Backend, node, nodeGpu, webgpu, webgpuInference } from "../../../networks/backends/index.ts";
import { OnnxModel } from "../../../networks/models/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { definePlugin, type Plugin, type Registry } from "../../../road/plugin/index.ts";

/** What is no part of core, so that pages need not load it; Node knows it like any other. */
export function optionalParts(): readonly Plugin[] {
  return [
    definePlugin({ name: "@midash/core/formats/dicom", formats: { dicom } }),
    definePlugin({
      name: "@midash/core/backends/webgpu",
      backends: { webgpu: () => webgpu(), "webgpu-f16": () => webgpu({ precision: "f16" }) },
    }),
    definePlugin({
      name: "@midash/core/backends/webgpu-inference",
      backends: { "webgpu-inference": webgpuInference },
    }),
    definePlugin({ name: "@midash/core/backends/node", backends: { node } }),
    definePlugin({ name: "@midash/core/backends/node-gpu", backends: { "node-gpu": nodeGpu } }),
  ];
}

/** The backend of that name, else the first. One that can't run here is refused now, before any work. */
export async function backendOf(registry: Registry, name = registry.backends[0]!.name): Promise<Backend> {
  const backend = registry.backend(name, { where: { option: "backend" } });
  const supported = await backend.supports();
  if (supported === true) return backend;
  const hint = "midash doctor lists those that work";
  return fail("unsupported", `${name} does not work here: ${supported.reason}`, {
    where: { option: "backend" },
    hint,
  });
}

/** As {@link backendOf} for synthesis, where "auto" chooses when the model is opened. */
export async function synthesisBackendOf(registry: Registry, name?: string): Promise<Backend | "auto"> {
  return name === "auto" ? name : backendOf(registry, name);
}

/**
 * The backend for these models: the one found by {@link synthesisBackendOf}, but "auto" where none was asked for and one of them came as an
 * ONNX file, which the first backend can't run.
 */
export function backendForModels(
  backend: Backend | "auto",
  models: readonly Pick<ModelBundle, "model">[],
  asked: string | undefined,
): Backend | "auto" {
  const onnx = models.some(({ model }) => model.name === OnnxModel.definition.name);
  return asked === undefined && onnx ? "auto" : backend;
}
