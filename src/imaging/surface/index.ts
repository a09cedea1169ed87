/** Surfaces of volumes: where values reach a level, as triangles. */

export { encodeStl } from "./stl.ts";
export { type Surface, type SurfaceOptions, surfaceOf } from "./surface-nets.ts";
