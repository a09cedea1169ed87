import { type Signal, signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { reported } from "../failures.ts";

const loaded: Signal<FunctionComponent | undefined> = signal(undefined);

/** Training, whose code and charts are loaded when somebody opens it. */
export function Train() {
  useEffect(() => {
    if (!loaded.value)
      void reported(async () => {
        loaded.value = (await import("./train-pane.tsx")).TrainPane;
      });
  }, []);
  const Pane = loaded.value;
  return Pane ? <Pane /> : <p>Getting ready…</p>;
}
