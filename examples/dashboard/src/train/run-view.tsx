import type { RunFolder } from "@midash/core/worker";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { reported } from "../failures.ts";
import { FileButton } from "../parts/file-button.tsx";
import { LiveChart } from "./live-chart.tsx";
import { going, isTraining, type Preview, type ShownRun, shownRun, stepLosses } from "./shown-run.ts";
import { goOn, keepCopy, pause, saveFolder, saveModel } from "./training.ts";

/** The epoch whose picture is wanted; the last while it is undefined. */
const wanted = signal<number | undefined>(undefined);

/** One run: how it stands, its curves, pictures, settings. */
export function RunView() {
  const run = shownRun.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    wanted.value = undefined;
    heading.current?.focus(); // brings it into view, too
  }, [run?.name, run?.kept]);
  if (!run) return null;
  const { folder, previews } = run;
  const now = going.value?.name === run.name && run.kept ? going.value : undefined;
  const history = folder?.history ?? [];
  const watched = history.find(({ validation }) => validation)?.validation;
  const byEpoch = history.map(({ epoch, loss }) => [epoch, loss] as const);
  return (
    <section class="run" aria-label={`Run ${run.name}`}>
      <h2 ref={heading} tabIndex={-1}>
        {run.name}
      </h2>
      {now ? <Now /> : <Stands run={run} />}
      <Pictures previews={previews} />
      <div class="run-parts">
        {now ? (
          <LiveChart key="steps" title="Loss" x="Step" y="Loss" points={stepLosses.value} />
        ) : (
          byEpoch.length > 0 && (
            <LiveChart key="epochs" title="Loss" x="Epoch" y="Mean loss" points={byEpoch} />
          )
        )}
        {watched && (
          <LiveChart
            key="validation"
            title={`Validation: ${watched.name}`}
            x="Epoch"
            y={[watched.name, watched.unit].filter(Boolean).join(", ")}
            points={history.flatMap(({ epoch, validation }) =>
              validation ? [[epoch, validation.value] as const] : [],
            )}
          />
        )}
      </div>
      {folder && history.length > 0 && <Epochs folder={folder} />}
      {folder && <Settings folder={folder} />}
    </section>
  );
}

/** While it is trained here. */
function Now() {
  const { epoch, epochs, step, firstStep, since, loss, samples, stopping, backend, cases } = going.value!;
  const seconds = (performance.now() - since) / 1000;
  const rate = step > firstStep ? (step - firstStep) / seconds : 0;
  return (
    <>
      <p data-testid="now">
        {step === firstStep && loss === undefined
          ? `Preparing ${cases > 0 ? `${cases} heads` : "the data"}…`
          : `Epoch ${epoch} of ${epochs}, step ${step}: loss ${loss?.toFixed(3) ?? "–"}, ${(rate * samples).toFixed(0)} slices a second on ${backend}`}
      </p>
      <p class="row">
        <button type="button" disabled={stopping} onClick={pause}>
          {stopping ? "Pausing…" : "Pause"}
        </button>
        <button
          type="button"
          disabled={!shownRun.value?.folder?.model}
          onClick={() => void reported(() => saveModel(shownRun.value!.name))}
        >
          Save the model so far
        </button>
      </p>
      <p class="soft">A paused or closed run goes on later where it stood, bit for bit.</p>
    </>
  );
}

/** While nobody trains it here. */
function Stands({ run: { name, kept, folder } }: { readonly run: ShownRun }) {
  if (!folder) return null;
  const { facts, record, model } = folder;
  const state = {
    done: "Done",
    stopped: "Paused",
    failed: `Failed: ${facts.problem ?? "see its log"}`,
    going: "Another tab trains it now",
  }[facts.state];
  const simulated = record?.data.name.startsWith("phantom") ?? true;
  const held = isTraining.value || facts.state === "going";
  const again = (files?: readonly File[]) => void reported(() => goOn(name, files));
  return (
    <>
      <p data-testid="stands">
        {state}, after {facts.epochs} {facts.epochs === 1 ? "epoch" : "epochs"}
        {facts.of === null ? "" : ` of ${facts.of}`}
        {facts.best &&
          `. Best validation: ${facts.best.name} ${facts.best.value.toFixed(1)} ${facts.best.unit}${facts.best.epoch === null ? "" : ` in epoch ${facts.best.epoch}`}`}
        .
      </p>
      {kept ? (
        <p class="row">
          {facts.state !== "done" &&
            (simulated ? (
              <button type="button" disabled={held} onClick={() => again()}>
                Go on
              </button>
            ) : (
              <>
                <FileButton
                  label="Choose the same pairs and go on"
                  id="same-pairs"
                  disabled={held}
                  take={again}
                />
                <FileButton
                  label="Choose the same folder and go on"
                  id="same-folder"
                  folder
                  disabled={held}
                  take={again}
                />
              </>
            ))}
          <button type="button" disabled={!model} onClick={() => void reported(() => saveModel(name))}>
            Save the model
          </button>
          <button type="button" onClick={() => void reported(() => saveFolder(name))}>
            Save the run folder
          </button>
        </p>
      ) : (
        <>
          <p class="soft">A folder of this computer: it is shown, not changed.</p>
          {folder.settings && (
            <button type="button" disabled={isTraining.value} onClick={() => void reported(keepCopy)}>
              Keep a copy in this browser
            </button>
          )}
        </>
      )}
    </>
  );
}

function Pictures({ previews }: { readonly previews: readonly Preview[] }) {
  const shown = previews.find(({ epoch }) => epoch === wanted.value) ?? previews.at(-1);
  if (!shown)
    return <p class="soft">A picture of a head that it does not learn from comes with each epoch.</p>;
  const index = previews.indexOf(shown);
  return (
    <figure class="preview">
      <img
        src={shown.address}
        alt={`Validation head after epoch ${shown.epoch}: MR, synthetic CT, CT and their difference side by side`}
      />
      <figcaption>A head that it does not learn from, after epoch {shown.epoch}</figcaption>
      {previews.length > 1 && (
        <label class="slider">
          Epoch
          <input
            type="range"
            min={0}
            max={previews.length - 1}
            value={index}
            aria-valuetext={`epoch ${shown.epoch}`}
            onInput={(event) => {
              const at = Number(event.currentTarget.value);
              wanted.value = at === previews.length - 1 ? undefined : previews[at]?.epoch;
            }}
          />
        </label>
      )}
    </figure>
  );
}

function Epochs({ folder: { history, best } }: { readonly folder: RunFolder }) {
  const watched = history.find(({ validation }) => validation)?.validation;
  return (
    <details>
      <summary>Table: numbers by epoch</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Epoch</th>
            <th scope="col">Loss</th>
            {watched && <th scope="col">{[watched.name, watched.unit].filter(Boolean).join(", ")}</th>}
            <th scope="col">Learning rate</th>
            <th scope="col">Seconds</th>
          </tr>
        </thead>
        <tbody>
          {history.map(({ epoch, loss, validation, learningRate, seconds }) => (
            <tr key={epoch}>
              <th scope="row">
                {epoch}
                {epoch === best ? " (kept)" : ""}
              </th>
              <td>{loss.toFixed(4)}</td>
              {watched && <td>{validation?.value.toFixed(1) ?? "–"}</td>}
              <td>{Number(learningRate.toPrecision(4))}</td>
              <td>{seconds.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** What was set, what ran and on what. */
function Settings({ folder: { settings, record } }: { readonly folder: RunFolder }) {
  const rows: (readonly [string, string])[] = [
    ...(record
      ? [
          ["Data", record.data.name] as const,
          [
            "Cases",
            `${record.data.cases.train} to train, ${record.data.cases.validation} to validate, ${record.data.cases.test} to test`,
          ] as const,
          [
            "Model",
            `${record.model.name}, ${record.model.parameters.toLocaleString("en")} parameters`,
          ] as const,
        ]
      : []),
    ...Object.entries(settings ?? {}).map(
      ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
    ),
    ...(record?.starts ?? []).map(
      ({ at, step, backend, versions }) =>
        [
          step === 0 ? "Begun" : `Gone on at step ${step}`,
          `${new Date(at).toLocaleString("en")}, on ${backend}, miDASH ${versions.midash}${versions.node ? `, Node ${versions.node}` : ", in a browser"}`,
        ] as const,
    ),
  ];
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>Settings and versions</summary>
      <dl class="facts">
        {rows.map(([name, value], n) => (
          <div key={`${n} ${name}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
