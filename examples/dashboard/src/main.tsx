import { render } from "preact";
import { App } from "./app.tsx";
import { startEngine } from "./engine.ts";
import { keepOffline } from "./offline.ts";

render(<App />, document.getElementById("app")!);
startEngine(); // the worker loads while somebody looks for a file
keepOffline();
