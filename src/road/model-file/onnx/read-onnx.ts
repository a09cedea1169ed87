import { toBase64 } from "../../../base/bytes/index.ts";
import { assert, fail } from "../../../base/errors/index.ts";
import { type DeclaredValue, type OnnxParts, splitOnnx } from "../../../networks/layers/index.ts";

/** What can be said of a network that its file does not say. */
export interface OnnxReading {
  /** The output to take, where there are several. */
  readonly output?: string;
  /** Where the channels are. Default: where the file has a number of channels and not a size, if that is clear. */
  readonly layout?: "NCHW" | "NHWC";
  /**
   * H and W are padded to multiples of this. Default: what the file's metadata says (`midash.multipleOf`); else 32, which suits
   * networks that halve up to five times, or 1 where the file fixes H and W. Too small a number fails; too large a one only pads
   * more, which instance norm sees.
   */
  readonly multipleOf?: number;
}

/** A network as its file declares it, ready to be the `model` and `weights` of a bundle. */
export interface OnnxReadNetwork {
  readonly config: {
    readonly graph: string;
    readonly input: string;
    readonly output: string;
    readonly layout: "NCHW" | "NHWC";
    readonly inChannels: number;
    readonly multipleOf: number;
    readonly size: readonly [height: number, width: number];
    readonly batch: number;
  };
  readonly parts: OnnxParts;
}

/**
 * Reads names, layout, channels and sizes of a network from its file.
 *
 * @throws MidashError `invalid-file` or `unsupported` naming what can't work; `invalid-argument` for what must be told
 */
export async function readOnnx(
  bytes: Uint8Array,
  reading: OnnxReading,
  where: string,
): Promise<OnnxReadNetwork> {
  const parts = await splitOnnx(bytes, where);
  const input = onlyInput(parts.inputs, where);
  const output = chosenOutput(parts.outputs, reading.output, where);
  for (const value of [input, output]) assertImage(value, where);
  const layout = reading.layout ?? layoutOf(input, where);
  const axes = { NCHW: [1, 2, 3], NHWC: [3, 1, 2] }[layout] as [number, number, number];
  const inChannels = channelsOf(input, axes[0], where);
  const outChannels = channelsOf(output, axes[0], where);
  if (outChannels !== 1)
    fail("unsupported", `the output "${output.name}" has ${outChannels} channels (${layout}), not 1`, {
      where,
    });
  const fixed = (axis: number) => (typeof input.shape[axis] === "number" ? input.shape[axis] : 0);
  const size = [fixed(axes[1]), fixed(axes[2])] as const;
  const free = size[0] === 0 || size[1] === 0;
  const { multipleOf = Number(parts.metadata["midash.multipleOf"] ?? (free ? 32 : 1)) } = reading;
  assert(
    Number.isInteger(multipleOf) && multipleOf >= 1,
    `must be a whole number, 1 or more, got ${multipleOf}`,
    { where: "multipleOf" },
  );
  return {
    config: {
      graph: toBase64(parts.skeleton),
      input: input.name,
      output: output.name,
      layout,
      inChannels,
      multipleOf,
      size,
      batch: fixed(0),
    },
    parts,
  };
}

function onlyInput(inputs: readonly DeclaredValue[], where: string): DeclaredValue {
  const [first, ...others] = inputs;
  if (!first) return fail("unsupported", "the network has no input", { where });
  if (others.length > 0)
    fail("unsupported", `the network has ${inputs.length} inputs: ${inputs.map(said).join(", ")}`, {
      where,
      hint: "export one that takes a single image, its volumes as channels",
    });
  return first;
}

function chosenOutput(
  outputs: readonly DeclaredValue[],
  name: string | undefined,
  where: string,
): DeclaredValue {
  const names = outputs.map((value) => value.name).join(", ");
  if (name === undefined && outputs.length > 1)
    fail("invalid-argument", `the network has ${outputs.length} outputs: ${names}`, {
      where,
      hint: "choose one by `output`",
    });
  const found = name === undefined ? outputs[0] : outputs.find((value) => value.name === name);
  return found ?? fail("invalid-argument", `no output "${name}"`, { where, hint: `outputs are ${names}` });
}

function assertImage(value: DeclaredValue, where: string): void {
  if (value.type !== "float32")
    fail("unsupported", `${said(value)} is ${value.type}`, { where, hint: "export the network in float32" });
  if (value.shape.length !== 4)
    fail("unsupported", `${said(value)} has ${value.shape.length} axes, not 4`, {
      where,
      hint:
        value.shape.length === 5
          ? "3-D networks from ONNX files are not supported"
          : "a network takes and gives images: [N, C, H, W] or [N, H, W, C]",
    });
}

/** Channels are few and fixed; a plane is large or of any size. */
function layoutOf(value: DeclaredValue, where: string): "NCHW" | "NHWC" {
  const [, second, , last] = value.shape;
  const [first, behind] = [second, last].map((axis) =>
    typeof axis === "number" ? axis : Number.POSITIVE_INFINITY,
  );
  if (first === behind)
    fail("invalid-argument", `the shape of ${said(value)} does not say where the channels are`, {
      where,
      hint: "give `layout`",
    });
  return first! < behind! ? "NCHW" : "NHWC";
}

function channelsOf(value: DeclaredValue, axis: number, where: string): number {
  const channels = value.shape[axis];
  if (typeof channels === "number") return channels;
  return fail("unsupported", `the number of channels of ${said(value)} is not fixed`, {
    where,
    hint: "export with dynamic axes for batch, height and width alone; or give `layout` if another axis has the channels",
  });
}

/** "image" [batch, 1, height, width] */
function said({ name, shape }: DeclaredValue): string {
  return `"${name}" [${shape.join(", ")}]`;
}
