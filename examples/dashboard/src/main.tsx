import { render } from "preact";
import { App } from "./app.tsx";
import { startEngine } from "./engine.ts";
import { keepOffline } from "./offline.ts";
import { findServer } from "./remote.ts";

render(<App />, document.getElementById("app")!);
// The worker for files loads while somebody looks for one; the page is kept for use without network after that.
void startEngine().then(keepOffline);
void findServer();
