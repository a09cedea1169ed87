/** Seeded randomness; everything random in the library draws from here. */
export { Random, type RandomState } from "./random.ts";
