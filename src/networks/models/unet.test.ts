import { describe, expect, test } from "vitest";
import { anyRandom } from "../../../test/support/predict-options.ts";
import { Random } from "../../base/random/index.ts";
import { cpu } from "../backends/index.ts";
import type { Batch } from "./index.ts";
import { UNet } from "./unet.ts";

const batch = (shape: readonly number[]): Batch => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  shape,
});

describe("UNet in 3-D", () => {
  test("says so in its recipe, and has three taps a side", async () => {
    const spec = UNet({ dims: 3, levels: 2, baseFilters: 2, upsampling: "transposed" });
    expect(spec.input).toEqual({ channels: 1, dims: 3, multipleOf: 2 });
    expect(spec.outputs).toMatchObject([{ kind: "ct", name: "ct" }]);
    const session = await cpu().open();
    const model = await spec.create(session, { random: new Random(0) });
    const shapes = Object.entries(await model.weights()).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toMatchObject({
      "encoder.1.0.weight": [3, 3, 3, 2, 4],
      "up.0.weight": [2, 2, 2, 2, 4],
      "decoder.0.0.weight": [3, 3, 3, 4, 2],
      "output.weight": [1, 1, 1, 2, 1],
    });
    expect((await model.predict(batch([1, 2, 4, 6, 1]), anyRandom)).shape).toEqual([1, 2, 4, 6, 1]);
    await expect(model.predict(batch([1, 4, 6, 1]), anyRandom)).rejects.toThrow(
      "unet: expected samples [N, D, H, W, 1], got [1, 4, 6, 1]",
    );
    await expect(model.predict(batch([1, 3, 4, 6, 1]), anyRandom)).rejects.toThrow(
      "unet: 3×4×6 samples are no multiples of 2",
    );
    model.dispose();
    session.close();
  });

  test("does not enlarge bilinearly, and says what else", () => {
    expect(() => UNet({ dims: 3, upsampling: "bilinear" })).toThrow(
      'unet: upsampling "bilinear" is for dims 2; in 3-D choose "nearest" or "transposed"',
    );
  });
});
