import { sha256 } from "@noble/hashes/sha2.js";

/** Gives a UID for a name: the same name, the same UID. */
export type UidSource = (name: string) => string;

/**
 * UIDs below 2.25, made of a UUID (PS3.5, B.2) that is a hash of the name and of a secret. With a seed they are the same in every
 * run, without one each call of this function draws another secret.
 */
export function uidSource(seed: string | number | undefined): UidSource {
  const secret = seed === undefined ? hex(crypto.getRandomValues(new Uint8Array(16))) : `seed ${seed}`;
  return (name) => {
    const bytes = sha256(new TextEncoder().encode(`${secret}\n${name}`)).slice(0, 16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x80; // version 8: made by a rule of our own (RFC 9562, 5.8)
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return `2.25.${BigInt(`0x${hex(bytes)}`)}`;
  };
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
