import { describe, expect, it } from "vitest";
import { affineFromSpacing, multiplyAffines, reorient, Volume } from "../volume/index.ts";
import { encodeStl, type Surface, surfaceOf } from "./index.ts";

/** Distance from the middle, so that the level -r is a sphere of radius r mm. */
function ball(shape: readonly [number, number, number], spacing: readonly [number, number, number]): Volume {
  const affine = affineFromSpacing(
    [...spacing],
    shape.map((n, d) => (-(n - 1) * spacing[d]!) / 2) as [number, number, number],
  );
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let k = 0, n = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++, n++)
        data[n] = -Math.hypot(...[i, j, k].map((at, d) => (at - (shape[d]! - 1) / 2) * spacing[d]!));
  return new Volume({ shape: [...shape], data, affine, unit: "arbitrary" });
}

/** Area, volume by the divergence theorem (positive where triangles face outwards), and how often each edge is gone along. */
function measured({ positions, triangles }: Surface) {
  let [area, volume] = [0, 0];
  const edges = new Map<string, number>();
  for (let n = 0; n < triangles.length; n += 3) {
    const vertices = [0, 1, 2].map((c) => triangles[n + c]!);
    const [a, b, c] = vertices.map((v) => [...positions.subarray(3 * v, 3 * v + 3)]) as [
      number[],
      number[],
      number[],
    ];
    const [u, v] = [b, c].map((p) => p.map((x, d) => x - a[d]!)) as [number[], number[]];
    const cross = [
      u[1]! * v[2]! - u[2]! * v[1]!,
      u[2]! * v[0]! - u[0]! * v[2]!,
      u[0]! * v[1]! - u[1]! * v[0]!,
    ];
    area += Math.hypot(...cross) / 2;
    volume += cross.reduce((sum, x, d) => sum + x * a[d]!, 0) / 6;
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const) {
      const key = `${vertices[from]} ${vertices[to]}`;
      edges.set(key, (edges.get(key) ?? 0) + 1);
    }
  }
  const closed = [...edges].every(
    ([key, times]) => times === 1 && edges.get(key.split(" ").reverse().join(" ")) === 1,
  );
  return { area, volume, closed };
}

describe("surfaceOf", () => {
  const radius = 20;
  const truth = { area: 4 * Math.PI * radius ** 2, volume: (4 / 3) * Math.PI * radius ** 3 };

  it.each([
    ["isotropic", ball([52, 50, 54], [1, 1, 1])],
    ["anisotropic", ball([80, 60, 30], [0.6, 0.8, 2])],
  ])("is a closed sphere of the right area and volume: %s", (_, volume) => {
    const { area, volume: ml, closed } = measured(surfaceOf(volume, { level: -radius }));
    expect(closed).toBe(true);
    expect(Math.abs(area / truth.area - 1)).toBeLessThan(0.01);
    expect(Math.abs(ml / truth.volume - 1)).toBeLessThan(0.01);
  });

  it("faces outwards and lies where the voxels lie, whatever the order of axes and the direction of the grid", () => {
    const turn = Math.PI / 7;
    const rotation = [
      Math.cos(turn),
      -Math.sin(turn),
      0,
      3,
      Math.sin(turn),
      Math.cos(turn),
      0,
      -4,
      0,
      0,
      1,
      5,
      0,
      0,
      0,
      1,
    ] as const;
    const plain = ball([30, 32, 34], [1, 1.2, 0.9]);
    for (const volume of [reorient(plain, "LPS"), reorient(plain, "LAS"), reorient(plain, "SPR")]) {
      expect(measured(surfaceOf(volume, { level: -10 })).volume).toBeCloseTo(
        measured(surfaceOf(plain, { level: -10 })).volume,
        1,
      );
    }
    const moved = surfaceOf(plain.with({ affine: multiplyAffines([...rotation], plain.affine) }), {
      level: -10,
    });
    const middle = [0, 1, 2].map((d) => {
      const all = moved.positions.filter((_, n) => n % 3 === d);
      return all.reduce((sum, x) => sum + x, 0) / all.length;
    });
    for (const [d, x] of [3, -4, 5].entries()) expect(middle[d]).toBeCloseTo(x, 1);
  });

  it("is closed where the object leaves the volume, and nothing where nothing reaches the level", () => {
    const cut = ball([20, 20, 20], [1, 1, 1]);
    const { closed, volume } = measured(surfaceOf(cut, { level: -1000 }));
    expect(closed).toBe(true);
    expect(Math.abs(volume / 20 ** 3 - 1)).toBeLessThan(0.01);
    expect(surfaceOf(cut, { level: 1 })).toEqual({
      positions: new Float32Array(0),
      triangles: new Uint32Array(0),
    });
    expect(() => surfaceOf(cut, { level: Number.NaN })).toThrow(/level must be a number/);
  });

  it("reads scaled values", () => {
    const plain = ball([26, 26, 26], [1, 1, 1]);
    const scaled = plain.with({ scaling: { slope: 2, intercept: 100 } });
    expect(surfaceOf(scaled, { level: 100 - 16 }).triangles).toEqual(
      surfaceOf(plain, { level: -8 }).triangles,
    );
  });
});

describe("encodeStl", () => {
  it("writes binary STL: a count, and 50 bytes a triangle whose normal is its own", () => {
    const surface = surfaceOf(ball([12, 12, 12], [1, 1, 1]), { level: -4 });
    const bytes = encodeStl(surface);
    const view = new DataView(bytes.buffer);
    const count = surface.triangles.length / 3;
    expect(view.getUint32(80, true)).toBe(count);
    expect(bytes).toHaveLength(84 + 50 * count);
    expect(new TextDecoder().decode(bytes.subarray(0, 5))).not.toBe("solid");
    for (let n = 0; n < count; n++) {
      const [normal, corner] = [0, 12].map((at) =>
        [0, 4, 8].map((d) => view.getFloat32(84 + 50 * n + at + d, true)),
      );
      expect(Math.hypot(...normal!)).toBeCloseTo(1, 5);
      expect(normal!.reduce((sum, x, d) => sum + x * corner![d]!, 0)).toBeGreaterThan(0); // away from the middle
    }
  });
});
