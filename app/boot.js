// Starts the app, and says so plainly if it cannot be started: without the app there is nobody else to say it.

async function start() {
  // Imported in here rather than at the top, so that a failed download can be caught.
  const { default: init } = await import("/pkg/app.js");
  await init({ module_or_path: "/pkg/app.wasm" });
}

try {
  await start();
} catch (error) {
  console.error(error);
  document.getElementById("boot-failure").hidden = false;
}

// Also after a failed start: a newer build may be what mends it. The app itself watches the registration, and offers a
// build that waits (`navigator.serviceWorker.getRegistration()`); see sw.js for the messages between the two.
try {
  await navigator.serviceWorker?.register("/sw.js", { updateViaCache: "none" });
} catch (error) {
  // Private windows of some browsers, and addresses without TLS. The app says that it won't start without a network.
  console.warn("no service worker:", error);
}
