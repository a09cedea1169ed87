/** Slow clients for slow-clients.ts: node slow-attack.mjs PORT CONNECTIONS RATE TOKEN. Each that is closed is opened again, RATE a second in all, from several addresses of this machine. At a low priority: it would be another machine. */
import { connect } from "node:net";
import { setPriority } from "node:os";

const [port, most, rate, token] = [...process.argv.slice(2, 5).map(Number), process.argv[5]];
const upload = `POST /v1/jobs?format=.nii.gz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 100000\r\n\r\n`;
/** What each kind sends at once, and then a piece every two seconds. */
const KINDS = [
  { name: "half a header", first: "GET /health HTTP/1.1\r\nHost: x\r\n", drip: "A: b\r\n" },
  { name: "half a line", first: "GET /hea", drip: "l" },
  { name: "a body without a token", first: upload.replace(token, "x".repeat(43)), drip: "x" },
  { name: "a body with one", first: upload, drip: "x" },
  {
    name: "answers that are not read",
    first: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5),
    drip: "GET /hea",
  },
  { name: "nothing", first: "", drip: "" },
];
/** Of ten, by their place above: two with bodies, which have their answer at once. */
const ORDER = [0, 1, 4, 0, 2, 5, 0, 1, 4, 3];

setPriority(10);
let open = 0;
let opened = 0;
let closed = 0;
let mostOpen = 0;
let n = 0;

function one() {
  const { name, first, drip } = KINDS[ORDER[n % ORDER.length]];
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + (n++ % 20)}` });
  open++;
  let dripping;
  socket.once("connect", () => {
    opened++;
    if (first) socket.write(first);
    if (name === "answers that are not read") socket.pause();
    else socket.resume();
    if (drip) dripping = setInterval(() => socket.write(drip), 2000);
  });
  socket.on("error", () => undefined);
  socket.once("close", () => {
    clearInterval(dripping);
    open--;
    closed++;
  });
}
let fast = true;
setInterval(() => {
  // Fast, until all are open, or half as many again have come.
  fast &&= mostOpen < most && n < 1.5 * most;
  for (let k = 0; k < (fast ? 2000 : rate) / 20 && open < most; k++) one();
  mostOpen = Math.max(mostOpen, open);
}, 50);
setInterval(() => process.send({ fast, open, opened, closed, most: mostOpen }), 500);
process.once("disconnect", () => process.exit(0));
