import { Random } from "../../../base/random/index.ts";
import { type Check, hold } from "../checks.ts";
import { assertRefused, assertTold, NO_FILE } from "./expect.ts";
import { type FormatFile, type FormatLab, frameOf } from "./lab.ts";

/** Seconds within which a small file must be read or refused. */
const PATIENCE = 5;
/** No compression packs zeros denser than this; a volume larger than so many times its file is made up. */
const DENSEST = 1100;

/** Of files that are cut or damaged, and of the options that refuse. */
export const REFUSAL_CHECKS = [
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
