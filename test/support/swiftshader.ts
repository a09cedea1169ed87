import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where Debian's chromium has Vulkan's loader and SwiftShader, a processor that plays a graphics card. */
const FOLDER = "/usr/lib/chromium";
const DRIVER = join(FOLDER, "vk_swiftshader_icd.json");

/** The environment of a process whose WebGPU is SwiftShader; `undefined` where it is not installed. Vulkan reads it when the process begins. */
export const swiftshader =
  existsSync(DRIVER) && existsSync(join(FOLDER, "libvulkan.so.1"))
    ? { LD_LIBRARY_PATH: FOLDER, VK_ICD_FILENAMES: DRIVER }
    : undefined;

/** Said by tests that are skipped without it. */
export const NO_SWIFTSHADER = `no ${DRIVER}; it comes with Debian's chromium`;
