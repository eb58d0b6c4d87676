// Keeps the second journal: files in the origin private file system, which survives what browsers do to their databases.
//
// Only a worker may write there so that it is known when the disk has it. It does as it is told, one thing after the other;
// what the bytes mean is nothing to it. Each message has a number and the name of an operation, and is answered with the
// same number and either a result or the name and the text of an error.

const RESERVE = "reserve";
const PIECE = new Uint8Array(1024 * 1024);

/** The file that is being written: its handle, and where it ends. @type {{ handle: FileSystemSyncAccessHandle, end: number } | null} */
let current = null;

const operations = {
  /** The content of all files, in the order of their numbers. */
  async read({ folder }) {
    const files = [];
    for await (const [name, entry] of (await open(folder)).entries()) {
      if (entry.kind !== "file" || !/^\d+$/.test(name)) continue;
      const file = await entry.getFile();
      files.push({ number: Number(name), bytes: new Uint8Array(await file.arrayBuffer()) });
    }
    return files.sort((one, other) => one.number - other.number);
  },

  /** Begins a file. */
  async begin({ folder, number, bytes }) {
    close();
    const file = await (await open(folder)).getFileHandle(String(number), { create: true });
    const handle = await file.createSyncAccessHandle();
    current = { handle, end: 0 };
    handle.truncate(0);
    write(bytes);
  },

  /** Appends to the file that was begun last. */
  append({ bytes }) {
    if (current === null) throw new DOMException("no file has been begun", "InvalidStateError");
    write(bytes);
  },

  /** Removes older files. One that another window still holds stays until next time. */
  async removeBelow({ folder, number }) {
    const directory = await open(folder);
    const names = [];
    for await (const name of directory.keys()) names.push(name);
    for (const name of names) {
      if (/^\d+$/.test(name) && Number(name) < number) await directory.removeEntry(name).catch(ignore);
    }
  },

  /** Takes a piece more of room that can be given back when there is no other. Says whether all of it is there. */
  async reserve({ folder, bytes }) {
    const file = await (await open(folder)).getFileHandle(RESERVE, { create: true });
    const handle = await file.createSyncAccessHandle();
    try {
      const size = handle.getSize();
      if (size >= bytes) return true;
      // Written, not only made longer: what was never written takes no room on the disk, and gives none back.
      writeAt(handle, size, PIECE);
      const isWhole = size + PIECE.byteLength >= bytes;
      if (isWhole) handle.flush();
      return isWhole;
    } finally {
      handle.close();
    }
  },

  /** Gives that room back. Says whether there was any. */
  async makeRoom({ folder }) {
    const directory = await open(folder);
    try {
      await directory.removeEntry(RESERVE);
      return true;
    } catch {
      return false;
    }
  },

  /** Removes everything. */
  async forget({ folder }) {
    close();
    const directory = await open(folder);
    const names = [];
    for await (const name of directory.keys()) names.push(name);
    for (const name of names) await directory.removeEntry(name, { recursive: true });
  },
};

// A file that could not be written whole is cut back, so that what is appended next does not follow half of something.
function write(bytes) {
  const { handle, end } = current;
  try {
    writeAt(handle, end, bytes);
    handle.flush();
  } catch (error) {
    handle.truncate(end);
    throw error;
  }
  current.end = end + bytes.byteLength;
}

function writeAt(handle, at, bytes) {
  const written = handle.write(bytes, { at });
  if (written !== bytes.byteLength) throw new DOMException("only a part was written", "QuotaExceededError");
}

function close() {
  current?.handle.close();
  current = null;
}

async function open(folder) {
  let directory = await navigator.storage.getDirectory();
  for (const name of folder) directory = await directory.getDirectoryHandle(name, { create: true });
  return directory;
}

function ignore() {}

let turn = Promise.resolve();

self.addEventListener("message", ({ data: { id, operation, ...options } }) => {
  turn = turn.then(async () => {
    try {
      self.postMessage({ id, result: await operations[operation](options) });
    } catch (error) {
      self.postMessage({ id, error: { name: error?.name ?? "Error", message: String(error?.message ?? error) } });
    }
  });
});
