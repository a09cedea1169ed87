import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { TokenEntry } from "./settings.ts";

/** A new token, and what is kept of it. */
export function newToken(name: string): { readonly token: string; readonly entry: TokenEntry } {
  const token = randomBytes(32).toString("base64url");
  return { token, entry: { name, sha256: digest(token).toString("hex") } };
}

/** Whose token a header holds; undefined for none of ours. Takes as long for each. */
export function tokenOf(header: string | undefined, tokens: readonly TokenEntry[]): TokenEntry | undefined {
  const given = digest(/^Bearer ([\w-]{20,200})$/.exec(header ?? "")?.[1] ?? "");
  let found: TokenEntry | undefined;
  for (const entry of tokens) {
    const known = Buffer.from(entry.sha256, "hex");
    if (known.length === given.length && timingSafeEqual(known, given)) found = entry;
  }
  return found;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
