// Keeps all files of the page, so that it works without network, and sends them with the headers that give it all cores: on servers that don't send them too, from the second
// opening on. The build puts in what there is to keep (vite.config.ts).
const { version, files } = __BUILD__;
const KEPT = "midash ";
const CACHE = KEPT + version;
const addressOf = (file) => new URL(file, self.registration.scope).href;

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
// An open page goes on with its own version until somebody asks for the new one, or all its tabs are closed.
self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { scope } = self.registration;
  // Where a server computes, its answers under v1/ are not the page's files.
  if (method === "GET" && url.startsWith(scope) && !url.startsWith(`${scope}v1/`))
    event.respondWith(answer(event.request));
});

/** All or nothing. Files whose names carry a hash of what is in them are taken from the version before. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    files.map(async (file) => {
      const address = addressOf(file);
      const before = file.startsWith("assets/") ? await caches.match(address) : undefined;
      const response = before ?? (await fetch(address, { cache: "no-cache" }));
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      await cache.put(address, response);
    }),
  );
}

async function begin() {
  for (const name of await caches.keys())
    if (name.startsWith(KEPT) && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const plain = request.url.replace(/[?#].*$/, "");
  const address =
    request.mode === "navigate" && plain === self.registration.scope ? addressOf("index.html") : plain;
  const response = (await cache.match(address)) ?? (await fetch(request));
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
