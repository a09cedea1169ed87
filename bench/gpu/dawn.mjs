// WebGPU for peers in Node: the package webgpu as navigator.gpu, with the flags that our own backend takes.
import { createRequire } from "node:module";

export async function installDawn() {
  const require = createRequire(import.meta.url);
  const { create, globals } = require("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create(["enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia"]);
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  // What a page has and libraries ask for.
  if (!globalThis.navigator.userAgent)
    Object.defineProperty(globalThis.navigator, "userAgent", { value: "Node", configurable: true });
  return gpu;
}
