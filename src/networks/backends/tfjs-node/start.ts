/** What {@link node} and {@link nodeGpu} share, and load when they are asked. */
import { fail, MidashError } from "../../../base/errors/index.ts";
import { loadPackage, type NodeProcess, nodeProcess } from "../../../base/platform/index.ts";
import type { TensorSession, Tf } from "../backend.ts";
import { enqueue, loadTf, openTfSession } from "../engine.ts";
import { asItWas } from "./as-it-was.ts";

type Name = "node" | "node-gpu";

interface StartOptions {
  readonly memoryGrowth?: boolean;
}

/** The name by which both packages register themselves with tfjs. */
const ENGINE = "tensorflow";
const VERSION = "4.22.0";
/** tfjs-node 4.22 calls `util.isArray` and `util.isNullOrUndefined`, which Node 23 no longer has, in nearly every op. */
const LAST_NODE = 22;

/** What both packages export, as far as it is used: all of their tfjs, too. */
interface TfjsNode {
  readonly version: Readonly<Record<string, string>>;
  engine(): object;
}

/** Their backend. */
interface TensorFlowBackend {
  readonly isGPUPackage: boolean;
  /** False where TensorFlow found no card that it can use. */
  readonly isUsingGpuDevice: boolean;
}

/** See `Backend.open`. */
export function openTfjsNode(name: Name, options: StartOptions = {}): Promise<TensorSession> {
  return openTfSession(
    name,
    { train: true, deterministic: true },
    async (tf) => {
      await start(tf, name, options);
      return undefined;
    },
    { engine: ENGINE },
  );
}

/** Loads the package and looks at where it computes. @throws MidashError `missing-package`, `unsupported` */
export async function prepareTfjsNode(name: Name, options: StartOptions = {}): Promise<void> {
  await start(await loadTf(), name, options);
}

async function start(tf: Tf, name: Name, options: StartOptions): Promise<void> {
  const process =
    nodeProcess() ?? fail("unsupported", "TensorFlow's library runs in Node alone", { where: name });
  const node = process.versions!.node!;
  if (Number.parseInt(node, 10) > LAST_NODE)
    throw new MidashError("unsupported", `tfjs-node ${VERSION} does not run on Node ${node}`, {
      where: name,
      hint: `take Node 20 or ${LAST_NODE}, whose util.isArray it calls; wasm and webgpu run on every Node`,
    });
  setEnvironment(process, name, options);
  const package_ = `@tensorflow/tfjs-${name}`;
  // Loading makes it tfjs's backend, in the middle of others' work if that is going on.
  const loaded = await enqueue(tf, () =>
    asItWas(tf, ENGINE, () =>
      loadPackage<TfjsNode>(package_, {
        where: name,
        why: `it brings TensorFlow's library, in version ${VERSION}`,
        install: `${package_}@${VERSION}`,
        note: "its install script downloads TensorFlow; where it can't, the backend guide has a way to build it",
      }),
    ),
  );
  checkCopy(tf, loaded, name, package_);
  checkDevice(tf.findBackend(ENGINE) as unknown as TensorFlowBackend | null, name, package_);
}

/** TensorFlow reads these when it starts. What is set already stays, unless an option says otherwise. */
function setEnvironment({ env }: NodeProcess, name: Name, { memoryGrowth }: StartOptions): void {
  const growth = memoryGrowth === undefined ? (env.TF_FORCE_GPU_ALLOW_GROWTH ?? "true") : `${memoryGrowth}`;
  Object.assign(env, {
    TF_CPP_MIN_LOG_LEVEL: env.TF_CPP_MIN_LOG_LEVEL ?? "2", // errors: a library does not print what it found
    ...(name === "node-gpu" ? { TF_FORCE_GPU_ALLOW_GROWTH: growth } : {}),
  });
}

/** Copies of tfjs-core of one version share an engine by the global scope; of two versions they would share it and not understand each other. */
function checkCopy(tf: Tf, loaded: TfjsNode, name: Name, package_: string): void {
  const theirs = loaded.version["tfjs-core"];
  if (theirs === tf.version_core && loaded.engine() === tf.engine()) return;
  tf.removeBackend(ENGINE);
  throw new MidashError(
    "unsupported",
    `${package_} computes with a tfjs-core of its own (${theirs}), not with this library's (${tf.version_core})`,
    {
      where: name,
      hint: `npm install ${package_}@${tf.version_core} beside @midash/core; npm ls @tensorflow/tfjs-core must show one version`,
    },
  );
}

function checkDevice(backend: TensorFlowBackend | null, name: Name, package_: string): void {
  if (!backend)
    throw new MidashError("unsupported", "TensorFlow's library did not start", {
      where: name,
      hint: "TF_CPP_MIN_LOG_LEVEL=0 in the environment has it say why",
    });
  if (backend.isGPUPackage !== (name === "node-gpu"))
    throw new MidashError("unsupported", `another TensorFlow than ${package_} runs in this process`, {
      where: name,
      hint: "a process takes tfjs-node or tfjs-node-gpu; load the other in a process of its own",
    });
  if (name === "node-gpu" && !backend.isUsingGpuDevice)
    throw new MidashError("unsupported", "TensorFlow found no card, and would compute on the processor", {
      where: name,
      hint:
        "it needs an NVIDIA card and driver, CUDA 11.2 and cuDNN 8.1 where the linker finds them (TF_CPP_MIN_LOG_LEVEL=0 in the environment shows which it missed); " +
        "webgpu needs no CUDA, node computes on the processor",
    });
}
