/** Pictures of results. */
export { type MontageOptions, type MontageRow, montagePng } from "./montage.ts";
export type { Axis } from "./tile.ts";
