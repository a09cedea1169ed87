/**
 * Shapes as functions of place: negative inside, positive outside, about the distance to the surface in mm. Built to be
 * sampled on a coarse lattice and interpolated, so they should be smooth where their sign matters.
 */
export type Field = (x: number, y: number, z: number) => number;

/** Ellipsoid about (cx, cy, cz) with semi-axes in mm. Distance to first order (Quilez's bound). */
export function ellipsoid(x: number, y: number, z: number, rx: number, ry: number, rz: number): number {
  const a = x / rx;
  const b = y / ry;
  const c = z / rz;
  const k0 = Math.sqrt(a * a + b * b + c * c);
  const k1 = Math.sqrt((a / rx) ** 2 + (b / ry) ** 2 + (c / rz) ** 2);
  return k1 > 1e-9 ? (k0 * (k0 - 1)) / k1 : -Math.min(rx, ry, rz);
}

/** A stick from one point to another whose radius goes linearly from `r0` to `r1` mm, with round ends. */
export function taperedCapsule(
  from: readonly [number, number, number],
  to: readonly [number, number, number],
  r0: number,
  r1: number,
): Field {
  const [ax, ay, az] = from;
  const [dx, dy, dz] = [to[0] - ax, to[1] - ay, to[2] - az];
  const scale = 1 / (dx * dx + dy * dy + dz * dz);
  return (x, y, z) => {
    const px = x - ax;
    const py = y - ay;
    const pz = z - az;
    const h = Math.min(1, Math.max(0, (px * dx + py * dy + pz * dz) * scale));
    const ex = px - h * dx;
    const ey = py - h * dy;
    const ez = pz - h * dz;
    return Math.sqrt(ex * ex + ey * ey + ez * ez) - (r0 + h * (r1 - r0));
  };
}

/** Union that rounds the seam over about `k` mm (polynomial smooth minimum). */
export function smoothMin(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - 0.25 * h * h * k;
}

/** Intersection that rounds the seam over about `k` mm. */
export function smoothMax(a: number, b: number, k: number): number {
  return -smoothMin(-a, -b, k);
}

/** 0 below `low`, 1 above `high`, smooth between (Hermite). */
export function smoothStep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
