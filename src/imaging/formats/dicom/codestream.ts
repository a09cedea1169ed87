/** What a packed frame says of itself. */
export interface CodestreamSize {
  /** 0 where the kind of packing does not say. */
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

/** `undefined` when the bytes are not of this kind. Reads the first few markers only: codecs do the rest. */
export function codestreamSize(bytes: Uint8Array, kind: "rle" | "jpeg"): CodestreamSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === "rle") return bytes.length >= 64 ? rle(view) : undefined;
  if (bytes.length < 48 || bytes[0] !== 0xff) return undefined;
  if (bytes[1] === 0x4f) return jpeg2000(view);
  return bytes[1] === 0xd8 ? jpeg(view) : undefined;
}

/** PS3.5, G.5: the number of segments (one a byte of a pixel), then where each begins, in order. */
function rle(view: DataView): CodestreamSize | undefined {
  const segments = view.getUint32(0, true);
  if (segments < 1 || segments > 4) return undefined;
  for (let n = 0, last = 63; n < segments; n++) {
    const start = view.getUint32(4 + 4 * n, true);
    if (start <= last || start >= view.byteLength) return undefined;
    last = start;
  }
  return { width: 0, height: 0, components: 1 };
}

/** ISO 15444-1, A.5.1: SIZ comes straight behind the start of the codestream. */
function jpeg2000(view: DataView): CodestreamSize | undefined {
  if (view.getUint16(2) !== 0xff51) return undefined;
  return {
    width: view.getUint32(8) - view.getUint32(16),
    height: view.getUint32(12) - view.getUint32(20),
    components: view.getUint16(40),
  };
}

/** ISO 10918-1, B.2.2 and ISO 14495-1, C.2.2: the first frame header among the markers (SOF0...SOF15, or JPEG-LS's SOF55). */
function jpeg(view: DataView): CodestreamSize | undefined {
  for (let at = 2; at + 10 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const frame =
      marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
    if (frame)
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
      };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
