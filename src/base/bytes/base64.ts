/** Bytes as text that JSON can hold. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768)); // all at once would be too many arguments
  return btoa(text);
}

/** The bytes that a text in base64 stands for: small binaries lie in the code as such. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
