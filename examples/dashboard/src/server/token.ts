import { effect, signal } from "@preact/signals";

const KEY = "midash token";

export const onServer = signal(false);
/** Typed once a tab; gone with it. */
export const token = signal(sessionStorage.getItem(KEY) ?? "");

effect(() => (token.value ? sessionStorage.setItem(KEY, token.value) : sessionStorage.removeItem(KEY)));
