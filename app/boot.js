// Starts the app. Where it can't be started, or crashes again and again, the page of rescue-mode.js is shown instead.

const rescue = window.fieldloopRescue;

async function start() {
  // Imported in here rather than at the top, so that a failed download can be caught.
  const { default: init } = await import("/pkg/app.js");
  await init({ module_or_path: "/pkg/app.wasm" });
}

if (rescue?.isLoopOfCrashes()) {
  rescue.show("crashed");
} else {
  try {
    await start();
    rescue?.learnKey();
  } catch (error) {
    console.error(error);
    // Without that script there is nobody else to say it.
    if (!rescue) document.getElementById("boot-failure").hidden = false;
    // What crashed while it started is started anew in a moment.
    else if (!rescue.hasCrashed()) rescue.show("can-not-start", error);
  }
}

// Also after a failed start: a newer build may be what mends it. The app itself watches the registration, and offers a
// build that waits (`navigator.serviceWorker.getRegistration()`); see sw.js for the messages between the two.
try {
  await navigator.serviceWorker?.register("/sw.js", { updateViaCache: "none" });
} catch (error) {
  // Private windows of some browsers, and addresses without TLS. The app says that it won't start without a network.
  console.warn("no service worker:", error);
}
