/** Seeded randomness; everything random in the library draws from here. */
export { fillNormals } from "./normals.ts";
export { Random, type RandomState } from "./random.ts";
