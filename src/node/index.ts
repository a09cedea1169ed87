/** Paths and files: what Node adds to the isomorphic core. */
export { type ReadVolumeOptions, readVolume, type WriteVolumeOptions, writeVolume } from "./volumes.ts";
