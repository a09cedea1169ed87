import type { MidashErrorJson } from "../errors/index.ts";

/** What a thread is asked; `id` comes back with the answer. */
export interface RequestMessage {
  readonly id: number;
  readonly request: unknown;
}

/** What a thread says: a value, or the error that was thrown, as data. */
export type AnswerMessage = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: MidashErrorJson }
);
