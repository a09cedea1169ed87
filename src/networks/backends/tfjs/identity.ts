import type { Tf } from "../backend.ts";
import { replaceKernel } from "./register.ts";

/** tfjs 4.22's wasm kernel copies. Tensors never change, so one more reference does, as on its other backends. */
export function registerIdentity(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, "Identity", ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x!;
    (backend as { incRef(id: object): void }).incRef(dataId);
    return { dataId, shape, dtype };
  });
}
