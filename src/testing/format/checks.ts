import { MidashError } from "../../errors/index.ts";
import { Random } from "../../random/index.ts";
import { Volume } from "../../volume/index.ts";
import { broken, type Check, hold, type NotApplicable } from "../checks.ts";
import type { FormatFile, FormatLab } from "./lab.ts";

/** Bytes of a file that `sniff` is shown. */
const HEAD = 544;
/** Seconds within which a small file must be read or refused. */
const PATIENCE = 5;
/** No compression packs zeros denser than this; a volume larger than so many times its file is made up. */
const DENSEST = 1100;
const NO_FILE: NotApplicable = { skipped: "the format can't be written, and no files were given" };
const READ_ONLY: NotApplicable = { skipped: "the format can't be written" };

export const FORMAT_CHECKS = [
  {
    name: "description",
    async run({ options: { format } }) {
      const { name, extensions } = format;
      hold(/^[a-z][a-z0-9-]*$/.test(name), "a name in lower case", JSON.stringify(name), "as users write it");
      const wrong = extensions.find((end) => !/^(\.[a-z0-9]+)+$/.test(end));
      hold(
        extensions.length > 0 && wrong === undefined,
        "extensions with their dot, in lower case",
        wrong ?? "none",
        'e.g. [".nii", ".nii.gz"]',
      );
      return `${name}: ${extensions.join(", ")}`;
    },
  },
  {
    name: "sniff",
    async run(lab) {
      const { format } = lab.options;
      for (const [what, bytes] of Object.entries(await lab.others())) {
        hold(!format.sniff(bytes.subarray(0, HEAD)), `sniff to refuse ${what}`, "true", LOOK);
      }
      const random = new Random("sniff");
      for (let n = 0; n < 200; n++) {
        const head = Uint8Array.from({ length: random.integer(HEAD) }, () => random.integer(256));
        hold(!format.sniff(head), "sniff to refuse random bytes", `true for ${head.length} bytes`, LOOK);
      }
      const files = await lab.files();
      for (const { name, bytes } of files) {
        const head = (await unzipped(bytes)).slice(0, HEAD);
        const before = head.slice();
        hold(format.sniff(head), `sniff to accept ${name}`, "false", LOOK);
        hold(
          String(head) === String(before),
          "sniff to leave the head as it was",
          "other bytes",
          "only look",
        );
        for (let length = 0; length < Math.min(head.length, 64); length++)
          format.sniff(head.slice(0, length));
      }
      return `${files.length} own files accepted, others and 200 of random bytes refused`;
    },
  },
  {
    name: "roundTrip",
    async run(lab) {
      const { format, volumes } = lab.options;
      if (!format.write) return READ_ONLY;
      const refused: string[] = [];
      for (const volume of volumes) {
        const type = volume.data.constructor.name;
        const before = structuredClone(volume.data);
        let file: FormatFile;
        try {
          file = await lab.write(volume);
        } catch (error) {
          assertTold(error, `writing ${type}`);
          refused.push(type);
          continue;
        }
        hold(
          String(before) === String(volume.data),
          "write to leave the volume as it was",
          "other voxels",
          "copy before you change",
        );
        assertSame(await lab.read(file), volume, `a written ${type} volume`);
      }
      hold(
        refused.length < volumes.length,
        "one of the volumes to be written",
        "all were refused",
        "float32 should do",
      );
      const done = volumes.length - refused.length;
      return `${done} volumes written and read${refused.length > 0 ? `; refused: ${refused.join(", ")}` : ""}`;
    },
  },
  {
    name: "files",
    async run(lab) {
      const { files } = lab.options;
      if (files.length === 0) return { skipped: "no files were given" };
      for (const file of files) {
        const volume = await lab.read(file, file.frames ? { frame: 0 } : {});
        if (file.volume) assertSame(volume, file.volume, file.name);
      }
      return `${files.length} read`;
    },
  },
  {
    name: "repeatable",
    async run(lab) {
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      for (const file of files) {
        const before = file.bytes.slice();
        const first = await lab.read(file, frameOf(file));
        assertSame(await lab.read(file, frameOf(file)), first, `${file.name}, read twice`);
        hold(
          String(before) === String(file.bytes),
          "read to leave the bytes as they were",
          "other bytes",
          "copy before swapping or scaling",
        );
      }
      return `${files.length} files read twice`;
    },
  },
  {
    name: "truncated",
    needs: ["repeatable"],
    async run(lab) {
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      let cuts = 0;
      for (const file of files)
        for (const part of [file.name, ...Object.keys(file.companions ?? {})]) {
          const { length } = bytesOf(file, part);
          const ends = [1, 2, 3, 5, 8, 13, 40, 100, length >> 1, length - 8, length - 2, length - 1];
          for (const end of new Set(ends.filter((e) => e > 0 && e < length))) {
            const cut = withBytes(file, part, bytesOf(file, part).slice(0, end));
            const outcome = await attempt(lab, cut, `${part} cut to ${end} of ${length} bytes`);
            hold(
              outcome !== "read",
              `${part} cut to ${end} of ${length} bytes to be refused`,
              "a volume",
              "compare the length with what the header promises",
            );
            cuts++;
          }
        }
      for (const file of files.filter((f) => f.companions)) {
        const outcome = await attempt(lab, { ...file, companions: {} }, `${file.name} alone`);
        hold(
          outcome !== "read",
          `${file.name} without its companions to be refused`,
          "a volume",
          "say which file is missing",
        );
      }
      return `${cuts} cut files refused`;
    },
  },
  {
    name: "damaged",
    needs: ["repeatable"],
    async run(lab) {
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      const random = new Random("damage");
      let refused = 0;
      let tried = 0;
      for (const file of files)
        for (let n = 0; n < 200; n++) {
          const bytes = file.bytes.slice();
          // Mostly in the header, where a wrong bit does most harm.
          const reach = n % 4 === 0 ? bytes.length : Math.min(bytes.length, 400);
          for (let flips = 1 + random.integer(3); flips > 0; flips--)
            bytes[random.integer(reach)]! ^= 1 << random.integer(8);
          const outcome = await attempt(lab, { ...file, bytes }, `${file.name} with flipped bits`);
          if (outcome === "refused") refused++;
          tried++;
        }
      return `${tried} files with flipped bits: ${refused} refused, the others read`;
    },
  },
  {
    name: "limits",
    needs: ["repeatable"],
    async run(lab) {
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      for (const file of files) {
        const { size } = await lab.read(file, frameOf(file));
        await lab.read(file, { ...frameOf(file), limits: { maxVoxels: size } });
        await assertRefused(
          () => lab.read(file, { ...frameOf(file), limits: { maxVoxels: size - 1 } }),
          "limit",
          `${size} voxels with limits.maxVoxels ${size - 1}`,
        );
      }
      return "limits.maxVoxels holds";
    },
  },
  {
    name: "frames",
    needs: ["repeatable"],
    async run(lab) {
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      for (const file of files) {
        const { frames = 1 } = file;
        for (let frame = 0; frame < frames; frame++) await lab.read(file, { frame });
        for (const frame of [frames, -1, 0.5])
          await assertRefused(
            () => lab.read(file, { frame }),
            "invalid-argument",
            `frame ${frame} of ${frames}`,
          );
        if (frames > 1)
          await assertRefused(() => lab.read(file), "unsupported", `${frames} frames and no frame option`);
      }
      return "frame picks one, and refuses those that are not there";
    },
  },
  {
    name: "signal",
    needs: ["repeatable"],
    async run(lab) {
      const { format } = lab.options;
      const files = await lab.files();
      if (files.length === 0) return NO_FILE;
      const signal = AbortSignal.abort();
      for (const { name, bytes, companions = {} } of files) {
        const companion = async (other: string) => companions[other];
        // Straight to the format: decodeVolume looks at the signal itself.
        await assertRefused(
          () => format.read({ name, bytes, companion }, { signal }),
          "aborted",
          "read with a fired signal",
        );
      }
      const volume = files.find((f) => f.volume)?.volume;
      if (format.write && volume)
        await assertRefused(
          async () => format.write!(volume, { signal }),
          "aborted",
          "write with a fired signal",
        );
      return "a fired signal ends reading and writing";
    },
  },
] as const satisfies readonly Check<FormatLab, string>[];

const LOOK = "let sniff look for the format's own mark, and nothing else";

function frameOf({ frames = 1 }: FormatFile): { readonly frame?: number } {
  return frames > 1 ? { frame: 0 } : {};
}

function bytesOf(file: FormatFile, part: string): Uint8Array {
  return part === file.name ? file.bytes : file.companions![part]!;
}

function withBytes(file: FormatFile, part: string, bytes: Uint8Array): FormatFile {
  return part === file.name
    ? { ...file, bytes }
    : { ...file, companions: { ...file.companions, [part]: bytes } };
}

/** Reads a file that may be damaged. Fails for errors that tell a user nothing, for volumes larger than the file, and for hanging. */
async function attempt(lab: FormatLab, file: FormatFile, what: string): Promise<"read" | "refused"> {
  const started = performance.now();
  let outcome: "read" | "refused" = "refused";
  try {
    const volume = await lab.read(file, frameOf(file));
    outcome = "read";
    const parts = [file.bytes, ...Object.values(file.companions ?? {})];
    const length = parts.reduce((sum, bytes) => sum + bytes.length, 0);
    hold(
      volume.data.byteLength <= DENSEST * length,
      `${what}: no more voxels than ${length} bytes can hold`,
      String(volume.size),
      "compare the header's promise with the length before taking memory",
    );
  } catch (error) {
    assertTold(error, what);
  }
  const seconds = (performance.now() - started) / 1000;
  hold(
    seconds < PATIENCE,
    `${what}: an answer within ${PATIENCE} s`,
    `${seconds.toFixed(1)} s`,
    "bound loops by the file's length",
  );
  return outcome;
}

function assertTold(error: unknown, what: string): void {
  if (MidashError.is(error) && error.kind !== "internal") {
    if (error.message.startsWith("expected ")) throw error; // of the check itself
    return;
  }
  broken(
    `${what}: a MidashError`,
    String(error),
    "check before reading on, and say what is wrong, where, and what to do",
  );
}

async function assertRefused(
  work: () => Promise<unknown>,
  kind: MidashError["kind"],
  what: string,
): Promise<void> {
  const outcome = await work().then(
    () => "no error",
    (error: unknown) => error,
  );
  const todo = `throw a MidashError of kind "${kind}"`;
  if (!MidashError.is(outcome)) broken(`${what}: "${kind}"`, String(outcome), todo);
  hold(outcome.kind === kind, `${what}: "${kind}"`, `"${outcome.kind}" (${outcome.message})`, todo);
}

/** Values, grid and meaning. A format without a place for unit or mark may lose them, but must not make others up. */
function assertSame(actual: Volume, expected: Volume, what: string): void {
  hold(Volume.is(actual), `${what}: a Volume`, typeof actual, "return new Volume({ ... })");
  hold(
    String(actual.shape) === String(expected.shape),
    `${what}: shape [${expected.shape.join(", ")}]`,
    `[${actual.shape.join(", ")}]`,
    "x is the fastest axis",
  );
  const [x, y] = [actual.values(), expected.values()];
  const largest = y.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const at = y.findIndex((v, i) => !(Math.abs(v - x[i]!) <= 1e-6 * largest));
  hold(
    at < 0,
    `${what}: voxel ${at} to be ${y[at]}`,
    String(x[at]),
    "mind scaling, byte order and axis order",
  );
  const near = actual.affine.findIndex((v, i) => !(Math.abs(v - expected.affine[i]!) <= 1e-4));
  hold(
    near < 0,
    `${what}: affine [${expected.affine.map((v) => v.toFixed(3)).join(", ")}]`,
    `[${actual.affine.map((v) => v.toFixed(3)).join(", ")}]`,
    "an affine maps voxel (i, j, k) to RAS+ mm; DICOM and ITK are LPS",
  );
  hold(
    actual.unit === expected.unit || actual.unit === "unknown",
    `${what}: unit "${expected.unit}", or "unknown"`,
    `"${actual.unit}"`,
    "never guess a unit",
  );
  hold(
    expected.simulated || !actual.simulated,
    `${what}: not simulated`,
    "simulated",
    "only a file that says so is simulated",
  );
}

/** The bytes, gunzipped when they are gzipped. */
async function unzipped(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
