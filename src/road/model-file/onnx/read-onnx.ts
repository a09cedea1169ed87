import { toBase64 } from "../../../base/bytes/index.ts";
import { assert, fail } from "../../../base/errors/index.ts";
import { type DeclaredValue, type OnnxParts, splitOnnx } from "../../../networks/layers/index.ts";
import {
  type OnnxLayout,
  type OutputSpec,
  outputChannels,
  parseOutputs,
} from "../../../networks/models/index.ts";

/** What can be said of a network that its file does not say. */
export interface OnnxReading {
  /** The output to take, where there are several. */
  readonly output?: string;
  /** What the channels of that output are, in their order; one of them must be a CT. Default: what the file's metadata says (`midash.outputs`), else a CT of one channel. */
  readonly outputs?: readonly OutputSpec[];
  /** Where the channels are. Default: where the file has a number of channels and not a size, if that is clear. */
  readonly layout?: OnnxLayout;
  /**
   * H and W (and D) are padded to multiples of this. Default: what the file's metadata says (`midash.multipleOf`); else 32, which suits
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
    readonly layout: OnnxLayout;
    readonly inChannels: number;
    /** As JSON; empty: a CT of one channel. */
    readonly outputs: string;
    readonly multipleOf: number;
    /** [D,] H, W; 0 where it may be any. */
    readonly size: readonly number[];
    readonly batch: number;
  };
  /** Channels of the output. */
  readonly outChannels: number;
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
  for (const value of [input, output]) assertImage(value, input.shape.length, where);
  const layout = reading.layout ?? layoutOf(input, where);
  assert(
    layout.length === input.shape.length,
    `the layout ${layout} is not that of ${said(input)}, which has ${input.shape.length} axes`,
    { where },
  );
  const inChannels = channelsOf(input, layout, where);
  const outChannels = channelsOf(output, layout, where);
  const outputs = reading.outputs
    ? JSON.stringify(reading.outputs)
    : (parts.metadata["midash.outputs"] ?? "");
  const fixed = (axis: number) => (typeof input.shape[axis] === "number" ? input.shape[axis] : 0);
  const size = [..."DHW"].flatMap((axis) => (layout.includes(axis) ? [fixed(layout.indexOf(axis))] : []));
  const free = size.includes(0);
  const { multipleOf = Number(parts.metadata["midash.multipleOf"] ?? (free ? 32 : 1)) } = reading;
  assert(
    Number.isInteger(multipleOf) && multipleOf >= 1,
    `must be a whole number, 1 or more, got ${multipleOf}`,
    { where: { option: "multipleOf" } },
  );
  return {
    config: {
      graph: toBase64(parts.skeleton),
      input: input.name,
      output: output.name,
      layout,
      inChannels,
      outputs,
      multipleOf,
      size,
      batch: fixed(0),
    },
    outChannels,
    parts,
  };
}

/** That the channels of the output are those that are named. @throws MidashError `unsupported`, `invalid-argument`, `invalid-file` */
export function assertOutputs({ config, outChannels }: OnnxReadNetwork, where: string): void {
  const outputs = config.outputs === "" ? undefined : parseOutputs(config.outputs, where);
  const named = outputs ? outputChannels(outputs) : 1;
  if (outChannels !== named)
    fail(
      "unsupported",
      `the output "${config.output}" has ${outChannels} channels (${config.layout}), not ${named}`,
      { where, hint: [["say what each is by ", { option: "outputs" }]] },
    );
  assert(!outputs || outputs.some(({ kind }) => kind === "ct"), "none of the outputs is a CT", {
    where: { call: "fromOnnx", option: "outputs" },
    hint: 'one must be { kind: "ct", name: "ct" }',
  });
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
      hint: [["choose one by ", { option: "output" }]],
    });
  const found = name === undefined ? outputs[0] : outputs.find((value) => value.name === name);
  return found ?? fail("invalid-argument", `no output "${name}"`, { where, hint: `outputs are ${names}` });
}

/** @param axes of the input, which the output must have as well */
function assertImage(value: DeclaredValue, axes: number, where: string): void {
  if (value.type !== "float32")
    fail("unsupported", `${said(value)} is ${value.type}`, { where, hint: "export the network in float32" });
  if (value.shape.length !== axes || (axes !== 4 && axes !== 5))
    fail("unsupported", `${said(value)} has ${value.shape.length} axes, not ${axes === 5 ? 5 : 4}`, {
      where,
      hint: "a network takes and gives images: [N, C, H, W] or [N, H, W, C], with D before H where they are 3-D",
    });
}

/** Channels are few and fixed; a plane is large or of any size. */
function layoutOf(value: DeclaredValue, where: string): OnnxLayout {
  const [first, behind] = [value.shape[1], value.shape.at(-1)].map((axis) =>
    typeof axis === "number" ? axis : Number.POSITIVE_INFINITY,
  );
  if (first === behind)
    fail("invalid-argument", `the shape of ${said(value)} does not say where the channels are`, {
      where,
      hint: [["give ", { option: "layout" }]],
    });
  const space = value.shape.length === 5 ? "DHW" : "HW";
  return first! < behind! ? `NC${space}` : `N${space}C`;
}

function channelsOf(value: DeclaredValue, layout: OnnxLayout, where: string): number {
  const channels = value.shape[layout.indexOf("C")];
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
