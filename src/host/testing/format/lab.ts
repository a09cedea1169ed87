import {
  decodeVolume,
  encodeVolume,
  type FormatReadOptions,
  nifti,
  type VolumeFormat,
} from "../../../imaging/formats/index.ts";
import { affineFromSpacing, Volume, type VolumeData } from "../../../imaging/volume/index.ts";

/** A file as another program wrote it. */
export interface FormatFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The files beside it, by name. */
  readonly companions?: Readonly<Record<string, Uint8Array>>;
  /** 3-D frames in it. Default 1. */
  readonly frames?: number;
  /** What must be read from it, from frame 0 when there are several. */
  readonly volume?: Volume;
}

/** What the checks of a format work on. */
export interface FormatLabOptions {
  readonly format: VolumeFormat;
  readonly volumes: readonly Volume[];
  readonly files: readonly FormatFile[];
  readonly signal?: AbortSignal;
}

/** Writes and reads with one format, always through the library's own `encodeVolume` and `decodeVolume`. */
export class FormatLab {
  readonly options: FormatLabOptions;
  #own: Promise<readonly FormatFile[]> | undefined;

  constructor(options: FormatLabOptions) {
    this.options = options;
  }

  read(file: FormatFile, options: FormatReadOptions = {}): Promise<Volume> {
    const { format, signal } = this.options;
    const { companions = {} } = file;
    const companion = async (name: string) => companions[name];
    return decodeVolume(file.bytes, { name: file.name, companion, formats: [format], signal, ...options });
  }

  async write(volume: Volume): Promise<FormatFile> {
    const { format, signal } = this.options;
    const files = [...(await format.write!(volume, { signal }))];
    const [[name, bytes], ...others] = files as [[string, Uint8Array], ...[string, Uint8Array][]];
    if (others.length > 0) return { name, bytes, companions: Object.fromEntries(others), volume };
    return { name, bytes: await encodeVolume(volume, { format, signal }), volume };
  }

  /** Files to damage: those given, and one written by the format itself. */
  files(): Promise<readonly FormatFile[]> {
    this.#own ??= this.#make();
    return this.#own;
  }

  async #make(): Promise<readonly FormatFile[]> {
    const { format, volumes, files } = this.options;
    if (!format.write) return files;
    for (const volume of volumes) {
      const written = await this.write(volume).catch(() => undefined); // a type that this format does not take
      if (written) return [written, ...files];
    }
    return files;
  }

  /** Files that are not of this format. */
  async others(): Promise<Readonly<Record<string, Uint8Array>>> {
    const others: Record<string, Uint8Array> = {
      "an empty file": new Uint8Array(0),
      zeros: new Uint8Array(544),
      text: new TextEncoder().encode("id,age,sex\n1,44,f\n".repeat(30)),
      ones: new Uint8Array(544).fill(255),
    };
    const volume = this.options.volumes[0]!;
    if (this.options.format.name !== nifti.name)
      others["a NIfTI file"] = await encodeVolume(volume, { format: nifti });
    return others;
  }
}

/** The option that reading a file of several frames needs. */
export function frameOf({ frames = 1 }: FormatFile): { readonly frame?: number } {
  return frames > 1 ? { frame: 0 } : {};
}

const DATA: readonly (new (values: number[]) => VolumeData)[] = [
  Float32Array,
  Int16Array,
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float64Array,
];

/** Small volumes of every type of voxel, with affines that are easily got wrong: oblique, mirrored, anisotropic, far away. */
export function smallVolumes(): readonly Volume[] {
  const shape = [3, 4, 5] as const;
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const affines = [
    affineFromSpacing([1, 1, 1]),
    [-0.5, 0, 0, 90, 0, -0.75, 0, 126, 0, 0, 3, -72, 0, 0, 0, 1],
    [c, -2 * s, 0, -10.5, s, 2 * c, 0, 20.25, 0, 0, 4, 1000.125, 0, 0, 0, 1],
    [0, 0, 1.5, 5, -0.5, 0, 0, 6, 0, 2, 0, 7, 0, 0, 0, 1],
  ] as const;
  return DATA.map((Data, n) => {
    const signed = !Data.name.startsWith("Uint");
    const fraction = Data.name.startsWith("Float") ? 0.375 : 0;
    const values = Array.from({ length: 60 }, (_, i) => ((i * 7) % 61) - (signed ? 30 : 0) + fraction);
    return new Volume({
      shape,
      data: new Data(values),
      affine: affines[n % affines.length]!,
      unit: (["HU", "arbitrary", "unknown"] as const)[n % 3]!,
      simulated: n % 2 === 1,
      ...(n === 1 ? { scaling: { slope: 0.5, intercept: -1024 } } : {}),
    });
  });
}
