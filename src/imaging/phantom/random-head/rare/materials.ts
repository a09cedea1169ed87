/**
 * What a foreign body is to CT and MR. Sources, by the tags used below:
 * - [SC] Schenck, "The role of magnetic susceptibility in magnetic resonance imaging", Medical Physics 23(6), 1996: titanium 182, platinum 279, tissue about -9 ppm,
 *   stainless steel (nonmagnetic) 3520 to 6700 ppm.
 * - [own] our choice; says what it stands for.
 */
interface Material {
  /** CT number before the scanner clips it at {@link HIGHEST_HU}. */
  readonly hu: number;
  /** Brightness in an MR, in units of its bright tissues. */
  readonly signal: number;
  /** Magnetic susceptibility less that of tissue, in ppm. */
  readonly ppm: number;
  /** The tissue that it counts as: metal as the bone that it replaces or stands in, plastic as soft tissue, by its density. */
  readonly as: "corticalBone" | "muscle";
}

/** Scanners' 12 bits end here. */
export const HIGHEST_HU = 3071;

/** Materials of foreign bodies. Their index plus one is the code in a {@link ForeignBodies} mask. */
export const MATERIALS = {
  /** Plates and screws. */
  titanium: { hu: 7000, signal: 0, ppm: 191, as: "corticalBone" }, // [SC]; HU beyond any window
  /** A perforated sheet of 0.6 mm in voxels that are larger. */
  titaniumMesh: { hu: 2600, signal: 0, ppm: 60, as: "corticalBone" }, // [own] a third of it metal
  /** Bone cement: acrylic with a little barium or zirconia. */
  cement: { hu: 350, signal: 0.02, ppm: 0, as: "corticalBone" }, // [own]
  /** Acrylic and PEEK plates. */
  plastic: { hu: 130, signal: 0.02, ppm: 0, as: "muscle" }, // [own] 1.2 to 1.3 g/cm³
  /** Hydroxyapatite ceramic. */
  ceramic: { hu: 1700, signal: 0.02, ppm: 0, as: "corticalBone" }, // [own]
  /** Amalgam, gold and ceramic crowns: dense, hardly magnetic. */
  filling: { hu: 9000, signal: 0, ppm: 25, as: "corticalBone" }, // [own]
  /** Cobalt-chromium and nickel alloys of crowns and bridges. */
  alloy: { hu: 9000, signal: 0, ppm: 900, as: "corticalBone" }, // [own] between titanium and steel
  /** Steel of brackets, and magnets of adjustable valves. */
  steel: { hu: 9000, signal: 0, ppm: 4000, as: "corticalBone" }, // [SC]
  /** Platinum contacts, and the wires behind them. */
  electrode: { hu: 6000, signal: 0, ppm: 200, as: "corticalBone" }, // [SC], mixed with insulation [own]
  /** Silicone with barium. */
  silicone: { hu: 500, signal: 0.03, ppm: 0, as: "muscle" }, // [own] catheters of shunts
} as const satisfies Readonly<Record<string, Material>>;

export type MaterialName = keyof typeof MATERIALS;

/** mm of a layer that is thinner than voxels: one of them, so that it has no holes. */
export function thinnest(spacing: readonly number[]): number {
  return Math.max(0.8, ...spacing);
}
