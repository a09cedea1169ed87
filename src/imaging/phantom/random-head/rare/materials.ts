/**
 * What a foreign body is to CT and MR. Sources, by the tags used below:
 * - [SC] Schenck, "The role of magnetic susceptibility in magnetic resonance imaging", Medical Physics 23(6), 1996: titanium 182, platinum 279, gold -34, silver -24, mercury -28, tissue about
 *   -9 ppm, stainless steel (nonmagnetic) 3520 to 6700 ppm.
 * - [TY] Tymofiyeva et al., "Influence of dental materials on dental MRI", Dentomaxillofacial Radiology 42(6), 2013: amalgam, gold and titanium alloys differ from water by 3 to 200 ppm,
 *   cobalt-chromium and steel by more than 200; zirconia and some composites by less than 3.
 * - [PI] ISMRM 2018, abstract 5082: platinum with 10 % iridium, of which electrodes are made, 231 ppm.
 * - [EL] mass attenuation coefficients (Elam, Ravel and Sieber 2002, by XrayDB) at 70 and 80 keV, between which lies the mean of 120 kVp behind a head. Real scanners' numbers of metal are lower and
 *   differ among them (hardened beams, few photons).
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

/** Titanium at 80 keV [EL]; steel and cobalt-chromium (26,000) and gold, amalgam and platinum (150,000 and more) are as far beyond any window, so all metal has it. */
const METAL = 9000;

/** Materials of foreign bodies. Their index plus one is the code in a {@link ForeignBodies} mask. */
export const MATERIALS = {
  /** Plates and screws. */
  titanium: { hu: METAL, signal: 0, ppm: 191, as: "corticalBone" }, // [SC]
  /** A perforated sheet of 0.6 mm in voxels that are larger. */
  titaniumMesh: { hu: METAL / 3, signal: 0, ppm: 64, as: "corticalBone" }, // [own] a third of it metal
  /** Bone cement: acrylic with 10 % barium sulphate (1760 to 2330 HU) or 15 % zirconia (1490 to 1980). */
  cement: { hu: 1900, signal: 0.02, ppm: 0, as: "corticalBone" }, // [EL]
  /** Plates of acrylic (117 to 125 HU) and PEEK (181 to 192). */
  plastic: { hu: 150, signal: 0.02, ppm: 0, as: "muscle" }, // [EL]
  /** Hydroxyapatite, half of it pores (1230 to 1570 HU; without them 3450 to 4130). */
  ceramic: { hu: 1400, signal: 0.02, ppm: 0, as: "corticalBone" }, // [EL]
  /** Amalgam and gold: dense, and less magnetic than tissue. */
  filling: { hu: METAL, signal: 0, ppm: -18, as: "corticalBone" }, // [SC, TY]
  /** Cobalt-chromium and nickel alloys of crowns and bridges. */
  alloy: { hu: METAL, signal: 0, ppm: 900, as: "corticalBone" }, // [TY] above 200; [own] between titanium and steel
  /** Steel of brackets, and magnets of adjustable valves. */
  steel: { hu: METAL, signal: 0, ppm: 4000, as: "corticalBone" }, // [SC]
  /** Contacts of platinum and iridium, and the wires behind them. */
  electrode: { hu: METAL / 2, signal: 0, ppm: 120, as: "corticalBone" }, // [PI]; [own] half of it insulation
  /** Catheters of shunts: silicone (240 to 290 HU) with barium, which would make 2230 to 3000 of it with 12.5 %, in a thin wall around fluid. */
  silicone: { hu: 500, signal: 0.03, ppm: 0, as: "muscle" }, // [EL]; [own] how much barium
} as const satisfies Readonly<Record<string, Material>>;

export type MaterialName = keyof typeof MATERIALS;

/** mm of a layer that is thinner than voxels: one of them, so that it has no holes. */
export function thinnest(spacing: readonly number[]): number {
  return Math.max(0.8, ...spacing);
}
