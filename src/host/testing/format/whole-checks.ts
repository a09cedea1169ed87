import { Random } from "../../../base/random/index.ts";
import type { Check, NotApplicable } from "../checks.ts";
import { hold } from "../checks.ts";
import { assertSame, assertTold, NO_FILE } from "./expect.ts";
import { type FormatFile, type FormatLab, frameOf } from "./lab.ts";

/** Bytes of a file that `sniff` is shown. */
const HEAD = 544;
const READ_ONLY: NotApplicable = { skipped: "the format can't be written" };
const LOOK = "let sniff look for the format's own mark, and nothing else";

/** Of whole files. */
export const WHOLE_CHECKS = [
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
] as const satisfies readonly Check<FormatLab, string>[];

/** The bytes, gunzipped when they are gzipped. */
async function unzipped(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
