/**
 * What convolutions multiply in; they add up in float32 always.
 *
 * - `f32`: what they are given.
 * - `f16`: both sides rounded to 11 bits when they are read into a workgroup's memory. The product of two such numbers is exact in float32, so the rounding of the sides is all that is lost.
 * - `f16-matrix`: the same numbers on the card's matrix units ("tensor cores").
 * - `f16-emulated`: the same numbers by float32, for machines without f16: what it costs in accuracy can be measured anywhere.
 */
export type Products = "f32" | "f16" | "f16-matrix" | "f16-emulated";

/** How WGSL says it. */
export interface NumberFormat {
  /** Before all else in a shader. */
  readonly enable: string;
  /** Four of them in a workgroup's memory, and their bytes. */
  readonly four: "vec4f" | "vec4h";
  readonly bytes: 16 | 8;
  /** A vec4f as one of them. */
  readonly put: (value: string) => string;
  /** And back. */
  readonly take: (value: string) => string;
}

const same = (value: string) => value;

export function formatOf(products: Products): NumberFormat {
  if (products === "f32") return { enable: "", four: "vec4f", bytes: 16, put: same, take: same };
  if (products === "f16-emulated")
    return { enable: "", four: "vec4f", bytes: 16, put: (value) => `quantizeToF16(${value})`, take: same };
  return {
    enable: "enable f16;",
    four: "vec4h",
    bytes: 8,
    put: (value) => `vec4h(${value})`,
    take: (value) => `vec4f(${value})`,
  };
}
