import fc from "fast-check";
import { expect, test } from "vitest";
import { intervalEnd, intervalStart } from "./row-interval.ts";

test("the interval is that of asking every place", () => {
  const place = fc.double({ min: -50, max: 50, noNaN: true });
  const step = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.5, 1e-12, -1e-12),
    fc.double({ min: -3, max: 3, noNaN: true }),
  );
  fc.assert(
    fc.property(
      place,
      step,
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (x, dx, high, n) => {
        const [start, end] = [intervalStart(x, dx, -0.5, high, n), intervalEnd(x, dx, -0.5, high, n)];
        for (let i = 0; i < n; i++) {
          const inside = x + i * dx >= -0.5 && x + i * dx <= high;
          expect(i >= start && i < end, `${i} of ${x} + i · ${dx}`).toBe(inside);
        }
      },
    ),
    { numRuns: 500 },
  );
});
