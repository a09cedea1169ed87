import type { Triple } from "../../imaging/volume/index.ts";
import type { Finding } from "./finding.ts";

/** What one image of a case is like. */
export interface ImageFacts {
  /** Voxels along R, A, S, and their size in mm. */
  readonly shape: Triple;
  readonly spacing: Triple;
  /** As the file stores it: "RAS", "LPS". */
  readonly orientation: string;
  /** Lowest and highest finite value. */
  readonly range: readonly [number, number];
  /** NaN and infinite voxels. */
  readonly nonFinite: number;
  /** SHA-256 of what it shows, whatever its format and the order of its axes. */
  readonly digest: string;
  /** Brightness in a lattice over the field of view, 0 to 255: images that are nearly alike have nearly the same. */
  readonly signature: readonly number[];
}

/** What was measured of a case. What could not be is absent. */
export interface CaseFacts {
  readonly images: Readonly<Record<string, ImageFacts>>;
  readonly simulated: boolean;
  /** Litres of body that the CT shows, and the first input. */
  readonly ctLitres?: number;
  readonly mrLitres?: number;
  /** Median HU of the body. */
  readonly bodyHu?: number;
  /** The first input's 99th percentile over its median, in its body: its contrast, whatever its scale. */
  readonly mrContrast?: number;
  /** How the two bodies overlap, 1 where they are alike. */
  readonly dice?: number;
  /** Distance of their centres in mm. */
  readonly centres?: number;
  /** mm along R, A, S by which the CT lies off, by mutual information. */
  readonly shift?: Triple;
  /** Share of axial slices of the CT's body that have the MR's, too, and the other way round. */
  readonly slicesWithMr?: number;
  readonly slicesWithCt?: number;
  /** Share of axial slices whose CT body touches a side of the image. */
  readonly cutSlices?: number;
}

/** A case as quality control sees it: plain data. */
export interface CaseLook {
  readonly id: string;
  readonly patient?: string;
  readonly centre?: string;
  readonly facts: CaseFacts;
  readonly findings: readonly Finding[];
}
