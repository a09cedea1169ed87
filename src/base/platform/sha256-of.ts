import { sha256 } from "../bytes/index.ts";
import { nodeModule } from "./node-modules.ts";

/** `sha256` for much data: by Node's own code where it is there, which takes a tenth of the time. */
export function sha256Of(parts: readonly Uint8Array[]): string {
  const hash = nodeModule("node:crypto")?.createHash("sha256");
  if (!hash) return sha256(parts);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
