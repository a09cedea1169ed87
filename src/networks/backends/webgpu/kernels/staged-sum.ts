/** The loop over the sum's axis of a product, a part of it at a time: read from memory, laid down in the workgroup's, multiplied. */
export interface Stages {
  /** WGSL of the axis's first place and its end. */
  readonly begin: string;
  readonly end: string;
  /** Places of a part. */
  readonly depth: number;
  /** With 2 the next part is on its way from memory while one is multiplied, and threads wait for each other once a part, not twice. */
  readonly buffers: 1 | 2;
  /** Reads the part at `k` into variables. */
  readonly fetch: (k: string) => string;
  /** Lays the variables down in a buffer. */
  readonly put: (buffer: string) => string;
  readonly multiply: (buffer: string) => string;
}

export function stagedSum({ begin, end, depth, buffers, fetch, put, multiply }: Stages): string {
  if (buffers === 1)
    return `
  for (var k0 = ${begin}; k0 < ${end}; k0 += ${depth}) {
    ${fetch("k0")}
    ${put("0")}
    workgroupBarrier();
    ${multiply("0")}
    workgroupBarrier();
  }`;
  return `
  var buffer = 0;
  ${fetch(begin)}
  ${put("buffer")}
  workgroupBarrier();
  for (var k0 = ${begin}; k0 < ${end}; k0 += ${depth}) {
    let next = k0 + ${depth};
    if (next < ${end}) { ${fetch("next")} }
    ${multiply("buffer")}
    buffer = 1 - buffer;
    if (next < ${end}) { ${put("buffer")} }
    workgroupBarrier();
  }`;
}
