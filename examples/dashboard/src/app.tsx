import { pagePart } from "./page-part.ts";
import { Chooser } from "./parts/chooser.tsx";
import { Drop } from "./parts/drop.tsx";
import { EngineLine } from "./parts/engine-line.tsx";
import { Navigation } from "./parts/navigation.tsx";
import { OfflineLine, UpdateBox } from "./parts/offline-line.tsx";
import { Planes } from "./parts/planes.tsx";
import { ProblemBox } from "./parts/problem-box.tsx";
import { Results } from "./parts/results.tsx";
import { Tools } from "./parts/tools.tsx";
import { WorkBar } from "./parts/work-bar.tsx";
import { remote } from "./remote.ts";
import { announced, choice, study } from "./study.ts";
import { Train } from "./train/load.tsx";

/** The whole page. */
export function App() {
  return (
    <>
      <header>
        <h1>miDASH</h1>
        <p class="lead">
          Synthetic CT from an MR of a head. Nothing leaves this computer
          {remote.value && " unless you choose the server"}.
        </p>
        <Navigation />
        <EngineLine />
      </header>
      <main>
        {pagePart.value === "look" && <Drop />}
        <UpdateBox />
        <ProblemBox />
        {pagePart.value === "look" ? <Look /> : <Train />}
      </main>
      <footer>
        <strong>Research use only. Not a medical device.</strong> A synthetic CT is a model's guess, not a
        measurement.
        <OfflineLine />
      </footer>
      <p class="unseen" role="status" aria-live="polite">
        {announced.value}
      </p>
    </>
  );
}

/** Images: opened, synthesised, measured. */
function Look() {
  return (
    <>
      {choice.value && <Chooser />}
      <WorkBar />
      {study.value && (
        <div class="desk">
          <Tools />
          <Planes />
          <Results />
        </div>
      )}
    </>
  );
}
