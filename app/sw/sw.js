/* global BUILD, ASSETS */
// The service worker: starts the app without a network, and never mixes two builds.
//
// The build puts two lines before this text: BUILD, the build's id, and ASSETS, the address and SHA-256 of every file that
// belongs to it. The files of one build live in one cache, named after it:
//
//   install    Every file is fetched and its hash checked. One that is missing or different fails the whole installation:
//              the build before goes on working, untouched, and the browser tries again later.
//   wait       A new build waits while pages of the old one are open. The app sees it as `registration.waiting` and asks
//              the person; on "take-over" the worker stops waiting, and the app reloads on `controllerchange`.
//   activate   Caches of earlier builds that no open page can need any more are deleted. Later ones are never touched: the
//              browser may be installing a newer build at this very moment.
//
// Messages it answers, to the given port or else to the sender:
//   { type: "version" }    →  { type: "version", build }
//   { type: "take-over" }     stops waiting
//
// What the server alone can answer (`/api/` and its like) never passes through here. Browsers that can be told so beforehand
// don't even start the worker for it: that is quicker, and a worker that nothing starts again gives way to the next build at
// once. (A request that arrives while it is being ended starts it anew, and the next build waits until it is idle: 30 seconds
// in Chromium.)

const CACHE_PREFIX = "fieldloop-build-";
const CACHE = CACHE_PREFIX + BUILD;
const PAGE = "/";
const HASHES = new Map(ASSETS);

// An entry that marks the cache of a build that was once in use, and numbers the builds in the order of their use. Those
// without it were prepared and then overtaken by a newer build.
const IN_USE = "/.in-use";

// Files whose names carry a hash: the same name is the same content, in whichever build's cache it lies.
const LASTING = ["/pkg/", "/assets/"];
const SERVER_ONLY = ["/api/", "/healthz", "/readyz", "/metrics"];

let isFirstInstallation = false;

self.addEventListener("install", (event) => event.waitUntil(Promise.all([install(), leaveToServer(event)])));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", answerMessage);
self.addEventListener("fetch", answerFetch);

async function install() {
  isFirstInstallation = self.registration.active === null;
  await forgetOvertakenAttempt();
  const cache = await caches.open(CACHE);
  await Promise.all(ASSETS.map(([address, hash]) => keep(cache, address, hash)));
  // Whoever tidied up meanwhile took this build for an old one. The browser tries again later.
  if (!(await caches.has(CACHE))) throw new Error(`build ${BUILD} was deleted while it was being installed`);
}

// Saves detours and nothing else: whatever becomes of it is no reason to do without the build.
async function leaveToServer(event) {
  const route = (start) => ({ condition: { urlPattern: new URLPattern({ pathname: `${start}*` }) }, source: "network" });
  try {
    await event.addRoutes?.(SERVER_ONLY.map(route));
  } catch (problem) {
    console.warn("requests to the server go through the service worker", problem);
  }
}

// Caches are listed in the order of their making, which is how a build knows the later ones. What an interrupted attempt
// kept is made use of, unless another build has been prepared since: it would count as earlier than that one.
async function forgetOvertakenAttempt() {
  const builds = await listBuilds();
  const isOvertaken = builds.includes(CACHE) && builds.at(-1) !== CACHE;
  if (isOvertaken && (await turnOf(CACHE)) === 0) await caches.delete(CACHE);
}

async function keep(cache, address, hash) {
  // Whatever an earlier, interrupted installation of this build kept was checked then.
  if (await cache.match(address)) return;
  const response = (await findInOtherBuilds(address, hash)) ?? (await download(address, hash));
  await cache.put(address, response);
}

async function findInOtherBuilds(address, hash) {
  const response = await caches.match(address, { ignoreVary: true });
  return response && (await hashOf(response)) === hash ? response : undefined;
}

async function download(address, hash) {
  // The page that is installing us has just downloaded most lasting files: the browser's own cache may give them. If it
  // gives something else than expected, and for files that keep their names, the server is asked.
  const caching = isLasting(address) ? ["default", "reload"] : ["reload"];
  for (const cache of caching) {
    const response = await fetch(address, { cache, redirect: "error" });
    if (response.ok && (await hashOf(response)) === hash) return response;
  }
  throw new Error(`build ${BUILD}: ${address} is missing or not what it should be`);
}

async function hashOf(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function activate() {
  const cache = await caches.open(CACHE);
  await forgetEarlierBuilds(cache);
  // On the very first visit the open page is taken on, so that all it loads later comes from the same build. Never after
  // an update: a page that some other build has loaded must not be given this build's files.
  if (isFirstInstallation) await self.clients.claim();
}

async function forgetEarlierBuilds(cache) {
  const builds = await listBuilds();
  const others = builds.filter((name) => name !== CACHE);
  const turns = new Map(await Promise.all(others.map(async (name) => [name, await turnOf(name)])));
  const latest = Math.max(0, ...turns.values());
  await cache.put(IN_USE, new Response(String(latest + 1)));

  // After a take-over, pages of the build before may stay open for a while, with work in them that isn't saved yet.
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const isNeeded = (name) => pages.length > 0 && latest > 0 && turns.get(name) === latest;
  const earlier = builds.slice(0, builds.indexOf(CACHE));
  await Promise.all(earlier.filter((name) => !isNeeded(name)).map((name) => caches.delete(name)));
}

// The caches of all builds, in the order of their making.
async function listBuilds() {
  return (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX));
}

// As which one a build came into use, from 1; 0 if it never did.
async function turnOf(name) {
  const mark = await caches.match(IN_USE, { cacheName: name });
  return mark ? Number(await mark.text()) || 1 : 0;
}

function answerMessage(event) {
  switch (event.data?.type) {
    case "version":
      (event.ports[0] ?? event.source).postMessage({ type: "version", build: BUILD });
      break;
    case "take-over":
      event.waitUntil(self.skipWaiting());
      break;
  }
}

function answerFetch(event) {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (SERVER_ONLY.some((start) => pathname.startsWith(start))) return;

  if (HASHES.has(pathname)) {
    event.respondWith(fromThisBuild(pathname, request));
  } else if (isLasting(pathname)) {
    event.respondWith(fromAnyBuild(request));
  } else if (request.mode === "navigate") {
    event.respondWith(fromThisBuild(PAGE, request));
  }
}

async function fromThisBuild(address, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}

// A page of the build before may still ask for its own files. The server, which knows the newest build only, says 404 to
// what nobody has, and that is passed on.
async function fromAnyBuild(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

function isLasting(address) {
  return LASTING.some((start) => address.startsWith(start));
}
