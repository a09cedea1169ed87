import { fail, MidashError } from "../../../base/errors/index.ts";
import { dicom } from "../../../imaging/formats/dicom/index.ts";
import { type Backend, node, nodeGpu, webgpu, webgpuInference } from "../../../networks/backends/index.ts";
import { OnnxModel } from "../../../networks/models/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { definePlugin, type Plugin, Registry } from "../../../road/plugin/index.ts";
import { type ConfigFile, findConfig, loadConfig } from "./config-file.ts";

/** The options that say which config counts, for every command that looks up names. */
export const CONFIG_OPTIONS = [
  [
    "--config <file>",
    "config with plugins and settings (default: midash.config.{ts,mts,js,mjs,cjs,json} here)",
  ],
  ["--no-config", "take no notice of midash.config.*"],
] as const;

export interface ConfigOptions {
  /** `false`: `--no-config`. */
  readonly config?: string | false;
}

/** What names are looked up in. */
export interface Setup {
  /** Absent when there is none. */
  readonly file?: ConfigFile;
  readonly plugins: readonly Plugin[];
  /** Of what ships with the package and the plugins. */
  readonly registry: Registry;
}

/** What is no part of core, so that pages need not load it; the command line knows it like any other. */
const MORE = [
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

/** Loads the config that was asked for, or is there, and its plugins. */
export async function setupOf({ config }: ConfigOptions): Promise<Setup> {
  const path = config === false ? undefined : (config ?? (await findConfig(process.cwd())));
  if (path === undefined) return { plugins: [], registry: new Registry(MORE) };
  const file = await loadConfig(path);
  const { plugins = [] } = file.config;
  return { file, plugins, registry: naming(path, () => new Registry([...MORE, ...plugins])) };
}

/** The backend of `--backend`, else the first. One that can't run here is refused now, before any work. */
export async function backendOf(registry: Registry, name = registry.backends[0]!.name): Promise<Backend> {
  const backend = registry.backend(name, { where: "--backend" });
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

/** Runs `work`; what it refuses is said of `where`. */
export function naming<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!MidashError.is(error)) throw error;
    throw new MidashError(error.kind, error.message, { where, cause: error });
  }
}
