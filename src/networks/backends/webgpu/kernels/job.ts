import type { Shader } from "../of-backend.ts";

/** A dispatch, but for what it is bound to: a shader, the words of its uniform, and its workgroups along x, y and z. */
export interface Job {
  readonly shader: Shader;
  readonly numbers: Uint32Array | readonly number[];
  readonly groups: readonly [number, number, number];
}
