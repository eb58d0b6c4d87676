// Prepares photos: decodes, scales and encodes them away from the page, so that nobody who writes meanwhile feels it.
//
// Encoding anew also takes out whatever a camera writes into its files; what is worth keeping of that the page reads from the
// original. One file at a time: decoded, a photo takes fifty times the room. Messages are those of journal.js: each has a number and
// the name of an operation, and is answered with the same number and a result, or the name and the text of an error.

const QUALITY = 0.85;

const operations = {
  /** A picture as JPEG, its longer edge no longer than `edge` pixels, the right way up. */
  async picture({ file, edge, pixels }) {
    const whole = await decode(file);
    try {
      if (whole.width * whole.height > pixels) throw failure("TooManyPixels", `${whole.width} × ${whole.height}`);
      const scale = Math.min(1, edge / Math.max(whole.width, whole.height));
      const width = Math.max(1, Math.round(whole.width * scale));
      const height = Math.max(1, Math.round(whole.height * scale));
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d", { alpha: false });
      // What can be seen through becomes white, as paper is.
      context.fillStyle = "white";
      context.fillRect(0, 0, width, height);
      context.imageSmoothingQuality = "high";
      context.drawImage(whole, 0, 0, width, height);
      const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
      if (jpeg.type !== "image/jpeg") throw failure("NotSupportedError", "this browser encodes no JPEG");
      return { ...(await contentOf(jpeg)), width, height };
    } finally {
      whole.close();
    }
  },

  /** A file as it is. */
  async document({ file }) {
    return contentOf(file);
  },
};

async function decode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    throw failure("NotDecoded", String(error?.message ?? error));
  }
}

async function contentOf(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { bytes, sha256 };
}

function failure(name, message) {
  return Object.assign(new Error(message), { name });
}

let turn = Promise.resolve();

self.addEventListener("message", ({ data: { id, operation, ...options } }) => {
  turn = turn.then(async () => {
    try {
      const result = await operations[operation](options);
      self.postMessage({ id, result }, [result.bytes.buffer]);
    } catch (error) {
      self.postMessage({ id, error: { name: error?.name ?? "Error", message: String(error?.message ?? error) } });
    }
  });
});
