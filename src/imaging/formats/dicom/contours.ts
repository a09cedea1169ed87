/** A closed line in a plane of voxels: u, v, u, v, ... in voxels, where voxel centres lie at whole numbers. */
export type Polygon = Float64Array;

/**
 * Adds (exclusive or) the voxels whose centre lies inside the polygons to `plane`, u fastest. A point is inside when a ray from it
 * crosses the lines an odd number of times, over all polygons together: a contour in a contour is a hole, one in the hole is an island, and a
 * keyhole's channel, which is drawn once there and once back, vanishes. A centre on the line counts where the inside lies towards larger u
 * or v, so that of two structures that touch one has it. Scikit-image and plastimatch (`--xor-contours`) do the same.
 *
 * Whatever the polygons are, no memory is taken but a plane of crossings.
 */
export function fillPolygons(polygons: readonly Polygon[], [nu, nv]: readonly [number, number]): Uint8Array {
  const crossings = new Uint8Array((nu + 1) * nv);
  for (const polygon of polygons) addCrossings(polygon, crossings, nu, nv);
  const plane = new Uint8Array(nu * nv);
  for (let v = 0; v < nv; v++)
    for (let u = 0, inside = 0; u < nu; u++) {
      inside ^= crossings[v * (nu + 1) + u]!;
      plane[v * nu + u] = inside;
    }
  return plane;
}

/** Marks, in each row that an edge crosses, the first voxel at or beyond the crossing. */
function addCrossings(polygon: Polygon, crossings: Uint8Array, nu: number, nv: number): void {
  const { length } = polygon;
  for (let n = 0; n < length; n += 2) {
    const next = (n + 2) % length;
    // Both ways along one edge must cross at the very same place: it is always taken upwards.
    const [low, high] = polygon[n + 1]! <= polygon[next + 1]! ? [n, next] : [next, n];
    const [u0, v0, u1, v1] = [polygon[low]!, polygon[low + 1]!, polygon[high]!, polygon[high + 1]!];
    const last = Math.min(nv, Math.ceil(v1));
    for (let v = Math.max(0, Math.ceil(v0)); v < last; v++) {
      const u = Math.ceil(u0 + ((v - v0) * (u1 - u0)) / (v1 - v0));
      if (u < nu) crossings[v * (nu + 1) + Math.max(0, u)]! ^= 1;
    }
  }
}
