/**
 * A model file or checkpoint without what may differ between two runs of one seed, and nothing else: `provenance.created` of the
 * model, `seconds` of the history and of the epoch in progress, and the checksum, which covers them. The tensor section as bytes.
 */
export function withoutTimes(bytes: Uint8Array): { readonly tensors: Uint8Array; readonly header: unknown } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { sha256, midash, checkpoint, ...metadata } = header.__metadata__;
  const inner = JSON.parse(midash ?? checkpoint);
  delete ("result" in inner ? inner.result : inner)?.provenance.created;
  delete inner.now?.seconds;
  for (const record of inner.history ?? []) delete record.seconds;
  return { tensors: bytes.slice(8 + length), header: { ...header, __metadata__: { ...metadata, inner } } };
}
