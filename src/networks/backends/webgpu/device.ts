import { MidashError } from "../../../base/errors/index.ts";
import { loadPackage, nodeProcess } from "../../../base/platform/index.ts";
import { DeviceHealth, LESS } from "./health.ts";

/** The npm package that brings WebGPU (Dawn) to Node. */
interface DawnPackage {
  create(options: readonly string[]): GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Kept for the process: Dawn ends with the last reference to what it made. */
const DAWN = Symbol.for("@midash/core/dawn");

/** Options of {@link openDevice}. */
export interface DeviceOptions {
  /** Whether a processor that plays the card will do. Default true. */
  readonly software?: boolean;
  /** Flags of Dawn in Node, as `backend=null`. */
  readonly dawn?: readonly string[];
}

/** Where WebGPU is: the browser's, or in Node that of the package `webgpu`. @throws MidashError `unsupported`, `missing-package` */
export async function webgpuOf({ dawn = [] }: DeviceOptions = {}): Promise<GPU> {
  const present = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (present) return present;
  if (!nodeProcess())
    throw new MidashError("unsupported", "this browser has no WebGPU here", {
      where: "webgpu",
      hint: "a current Chrome, Edge, Safari or Firefox, on https or localhost; or take wasm",
    });
  const known = globalThis as { [DAWN]?: GPU };
  if (known[DAWN]) return known[DAWN];
  const { create, globals } = await loadPackage<DawnPackage>("webgpu", {
    where: "webgpu",
    why: "in Node it brings WebGPU",
  });
  Object.assign(globalThis, globals);
  // Half precision on NVIDIA's Linux driver, and what WebGPU calls unsafe for being new: matrix units.
  const gpu = create(["enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia", ...dawn]);
  known[DAWN] = gpu;
  // tfjs looks for it there.
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  return gpu;
}

/** An adapter with its device, all features and limits asked for that kernels may use. */
export interface OpenedDevice {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly health: DeviceHealth;
}

const FEATURES = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
  "chromium-experimental-subgroup-matrix",
] as const;

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Whether an adapter is a program (SwiftShader, llvmpipe): right, and slow. */
export function playsCard(
  info: Partial<Pick<GPUAdapterInfo, "vendor" | "architecture" | "isFallbackAdapter">>,
) {
  return (
    info.isFallbackAdapter === true || /swiftshader|llvmpipe/i.test(`${info.vendor} ${info.architecture}`)
  );
}

/** @throws MidashError `unsupported` where there is no adapter, `missing-package` in Node without the package */
export async function findAdapter(options: DeviceOptions = {}): Promise<GPUAdapter> {
  const gpu = await webgpuOf(options);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw new MidashError("unsupported", "WebGPU finds no graphics adapter", {
      where: "webgpu",
      hint: "is a driver of Vulkan, Metal or Direct3D 12 installed? midash doctor says what it sees; wasm runs everywhere",
    });
  if (options.software === false && playsCard(adapter.info))
    throw new MidashError("unsupported", "WebGPU finds no graphics card, only a processor that plays one", {
      where: { call: "webgpu", option: "software" },
      hint: "take wasm, which is faster there",
    });
  return adapter;
}

/** @throws MidashError as {@link findAdapter} */
export async function openDevice(options: DeviceOptions = {}): Promise<OpenedDevice> {
  const adapter = await findAdapter(options);
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  refuseLargeBuffers(device);
  return { adapter, device, health: new DeviceHealth(device) };
}

/** WebGPU calls a buffer beyond its limits a wrong command. Here it is a tensor for which there is no memory, and nothing else is harmed. */
function refuseLargeBuffers(device: GPUDevice): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    if (descriptor.size <= most) return create(descriptor);
    const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
    throw new MidashError(
      "out-of-memory",
      `one tensor needs ${megabytes(descriptor.size)}, of which this graphics card takes at most ${megabytes(most)}`,
      { where: "webgpu", hint: LESS },
    );
  };
}
