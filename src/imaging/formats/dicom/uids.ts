import { sha256 } from "../../../base/bytes/index.ts";

/** Gives a UID for a name: the same name, the same UID. */
export type UidSource = (name: string) => string;

/**
 * UIDs below 2.25, made of a UUID (PS3.5, B.2) that is a hash of the name and of a secret. With a seed they are the same in every
 * run, without one each call of this function draws another secret.
 */
export function uidSource(seed: string | number | undefined): UidSource {
  const secret = seed === undefined ? hex(crypto.getRandomValues(new Uint8Array(16))) : `seed ${seed}`;
  return (name) => {
    const digits = sha256([new TextEncoder().encode(`${secret}\n${name}`)]);
    const variant = ((Number.parseInt(digits[16]!, 16) & 3) | 8).toString(16);
    // Version 8: made by a rule of our own (RFC 9562, 5.8).
    return `2.25.${BigInt(`0x${digits.slice(0, 12)}8${digits.slice(13, 16)}${variant}${digits.slice(17, 32)}`)}`;
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
