import type { Surface } from "./surface-nets.ts";

const HEADER = 80;
const FACET = 50;

/** A surface as a binary STL file: mm, RAS+ (LPS programs such as 3D Slicer may have to be told), normals outwards. */
export function encodeStl({ positions, triangles }: Surface): Uint8Array<ArrayBuffer> {
  const count = triangles.length / 3;
  const bytes = new Uint8Array(HEADER + 4 + FACET * count);
  const view = new DataView(bytes.buffer);
  // A header that begins with "solid" would make it a text file.
  bytes.set(new TextEncoder().encode("binary STL, mm, SPACE=RAS, research use only"));
  view.setUint32(HEADER, count, true);
  for (let n = 0; n < count; n++) {
    const corners = [0, 1, 2].map((c) => {
      const at = 3 * triangles[3 * n + c]!;
      return [positions[at]!, positions[at + 1]!, positions[at + 2]!] as const;
    });
    const numbers = [...normalOf(corners[0]!, corners[1]!, corners[2]!), ...corners.flat()];
    for (const [m, value] of numbers.entries()) view.setFloat32(HEADER + 4 + FACET * n + 4 * m, value, true);
  }
  return bytes;
}

type Point = readonly [number, number, number];

function normalOf(a: Point, b: Point, c: Point): Point {
  const [u, v] = [b, c].map((p) => [p[0] - a[0], p[1] - a[1], p[2] - a[2]] as const) as [Point, Point];
  const normal: Point = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = Math.hypot(...normal) || 1;
  return [normal[0] / length, normal[1] / length, normal[2] / length];
}
