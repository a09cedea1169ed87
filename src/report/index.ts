/** Pictures of results. */
export { type MontageRow, montagePng } from "./montage.ts";
