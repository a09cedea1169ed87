import { fail, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import type { FormatReadOptions, Source } from "../format.ts";
import { isGzip } from "../gzip.ts";
import { Elements } from "./elements.ts";
import { type HeadKeyword, scanHead } from "./head-scan.ts";
import { inflate } from "./inflate.ts";
import { type DicomParser, loadParser, type RawDataSet } from "./libraries.ts";
import { asPart10, transferSyntax, whyNotPart10 } from "./part10.ts";
import { TAGS } from "./tags.ts";

/** Default of `limits.maxVoxels`: 2^29, as for NIfTI. */
export const MAX_VOXELS = 2 ** 29;
/** No file inflates to more than this, whatever the limit of voxels. */
const MAX_INFLATED = 2 ** 30;
const DEFLATED = "1.2.840.10008.1.2.1.99";
const AGAIN = "get the file again";

/** A file that dicom-parser has read, with its pixels still packed. */
export interface DicomFile {
  /** Its name, for messages. */
  readonly where: string;
  readonly elements: Elements;
  /** UID of the transfer syntax. */
  readonly syntax: string;
  readonly parser: DicomParser;
}

/** @throws MidashError `invalid-file`, `limit`, `missing-package` or `aborted` */
export async function parseFile(
  source: Source,
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<DicomFile> {
  const { name: where = "DICOM data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const parser = await loadParser();
  const limit = Math.min(MAX_INFLATED, 4 * (options.limits?.maxVoxels ?? MAX_VOXELS) + 2 ** 24);
  const given = plainView(source.bytes);
  const unzipped = isGzip(given) ? await inflate(given, "gzip", { limit, where, signal }) : given;
  const bytes = asPart10(unzipped);
  if (!bytes)
    return fail("invalid-file", whyNotPart10(unzipped), { where, hint: "check the file, or get it again" });
  const syntax = syntaxOf(parser, bytes, where);
  const whole =
    syntax.uid === DEFLATED ? await inflateDataSet(bytes, syntax.end, { limit, where, signal }) : bytes;
  try {
    const raw = parser.parseDicom(whole, { inflater: () => whole });
    // A short value at the end of an implicit file is no damage: dicom-parser looks behind it whether it is a sequence, and warns.
    const broken = raw.warnings.find(
      (warning) => /sequence delimiter|unexpected tag/.test(warning) && !/peeking to determine/.test(warning),
    );
    if (broken !== undefined) throw new Error(broken);
    // Of implicit files dicom-parser does not check this.
    const beyond = Object.values(raw.elements).find((e) => e && e.dataOffset + e.length > whole.length);
    if (beyond) throw new Error(`the element ${beyond.tag} ends beyond the file`);
    return { where, parser, syntax: syntax.uid, elements: new Elements(raw, where) };
  } catch (cause) {
    throw damaged(cause, where);
  }
}

/**
 * What the first bytes of a file say, up to how its pixels are stored or to where the bytes end. `undefined` of what is no DICOM, or deflated.
 *
 * @throws MidashError `invalid-file` for a header that can't be followed though more of it is there
 */
export function parseHead(
  head: Uint8Array,
  { where, whole, parser }: { readonly where: string; readonly whole: boolean; readonly parser: DicomParser },
): Elements<HeadKeyword> | undefined {
  const usual = scanHead(head, parser);
  if (usual) return new Elements(usual, where);
  const bytes = asPart10(plainView(head));
  if (!bytes || transferSyntax(bytes) === DEFLATED) return undefined;
  try {
    return new Elements(parser.parseDicom(bytes, { untilTag: TAGS.BitsAllocated }), where);
  } catch (cause) {
    const partly = (cause as { readonly dataSet?: RawDataSet }).dataSet;
    if (whole || !partly) throw damaged(cause, where);
    return new Elements(partly, where);
  }
}

/** A Buffer of Node's is a Uint8Array whose slice() copies nothing. */
function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function syntaxOf(parser: DicomParser, bytes: Uint8Array, where: string): { uid: string; end: number } {
  try {
    const head = parser.readPart10Header(bytes);
    return { uid: new Elements(head, where).text("TransferSyntaxUID") ?? "", end: head.position };
  } catch (cause) {
    throw damaged(cause, where);
  }
}

/** The file as it would be without deflation; dicom-parser would inflate without a bound, and in Node alone. */
async function inflateDataSet(
  bytes: Uint8Array,
  end: number,
  options: { readonly limit: number; readonly where: string; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  // An odd length is padded by one zero (PS3.5, A.5), which an engine takes for trailing garbage.
  const body = bytes.subarray(end);
  let data: Uint8Array;
  try {
    data = await inflate(body, "deflate-raw", options);
  } catch (error) {
    if (!MidashError.is(error) || error.kind !== "invalid-file" || body.at(-1) !== 0) throw error;
    data = await inflate(body.subarray(0, -1), "deflate-raw", options);
  }
  const whole = new Uint8Array(end + data.length);
  whole.set(bytes.subarray(0, end));
  whole.set(data, end);
  return whole;
}

/** dicom-parser throws texts, Errors, and objects that hold either. */
export function damaged(cause: unknown, where: string): MidashError {
  if (MidashError.is(cause)) return cause;
  const inner = (cause as { exception?: unknown })?.exception ?? cause;
  const what = inner instanceof Error ? inner.message : String(inner);
  return new MidashError("invalid-file", `truncated or damaged (${what.slice(0, 200)})`, {
    where,
    hint: AGAIN,
    cause,
  });
}
