import type { MidashErrorJson } from "../errors/index.ts";

/** What a thread is asked; `id` comes back with the answer. */
export interface RequestMessage {
  readonly id: number;
  readonly request: unknown;
}

/** Nobody waits for the answer any more: its work may stop. */
export interface GivenUpMessage {
  readonly id: number;
  readonly givenUp: true;
}

/** What a thread says: a note on the way (how far it is), and at the end a value, or the error that was thrown, as data. */
export type AnswerMessage = { readonly id: number } & (
  | { readonly note: unknown }
  | { readonly value: unknown }
  | { readonly error: MidashErrorJson }
);
