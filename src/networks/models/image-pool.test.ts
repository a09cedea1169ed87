import { describe, expect, test } from "vitest";
import { Random } from "../../base/random/index.ts";
import { ImagePool } from "./image-pool.ts";

const image = (value: number) => Float32Array.of(value, value);

describe("an image pool", () => {
  test("gives images back while it fills, and then sometimes earlier ones, never one that was not in it", () => {
    const pool = new ImagePool(3);
    const random = new Random(1);
    const seen: number[] = [];
    for (let n = 0; n < 200; n++) {
      const [value] = pool.exchange(image(n), 1, random);
      if (n < 3) expect(value).toBe(n);
      expect(value).toBeLessThanOrEqual(n);
      seen.push(value!);
    }
    const old = seen.filter((value, n) => value !== n).length;
    expect(old).toBeGreaterThan(60); // every second one, roughly
    expect(old).toBeLessThan(140);
    const times = new Map<number, number>();
    for (const value of seen) times.set(value, (times.get(value) ?? 0) + 1);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(2); // once it came back from the pool, it is gone
  });

  test("takes samples one by one, goes on where its state was taken, and keeps nothing at size 0", () => {
    const pool = new ImagePool(2);
    const random = new Random(2);
    for (let n = 0; n < 9; n++) pool.exchange(Float32Array.of(n, n, n + 0.5, n + 0.5), 2, random);
    const other = new ImagePool(2);
    other.restore(structuredClone(pool.state()));
    const [a, b] = [Random.restore(random.state()), Random.restore(random.state())];
    for (let n = 10; n < 20; n++)
      expect(other.exchange(image(n), 1, b)).toEqual(pool.exchange(image(n), 1, a));
    expect(new ImagePool(0).exchange(image(7), 1, a)).toEqual(image(7));
  });
});
