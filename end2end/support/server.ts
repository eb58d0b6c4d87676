// The real server, as a journey needs it: on a port and a data folder of its own, and allowed to die.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BINARY = process.env.FIELDLOOP_BINARY ?? fileURLToPath(new URL("../../target/debug/fieldloop", import.meta.url));
const START_PATIENCE_MS = 20_000;

export interface ServerOptions {
  /** Fills the data folder with the example company. */
  demo?: boolean;
  /** More arguments for `fieldloop serve`. */
  args?: string[];
  /** More environment, for instance FIELDLOOP_CLIENT_DIST to serve another build of the client. */
  env?: Record<string, string>;
}

export class FieldloopServer {
  readonly url: string;
  /** Everything the server has printed, to be shown when a journey fails. */
  log = "";
  private running: ChildProcess | undefined;
  /** Folders that hold backups. */
  private readonly shelves: string[] = [];

  private constructor(
    readonly port: number,
    readonly dataFolder: string,
    private readonly options: ServerOptions,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts a server with an empty data folder, and waits until it answers. */
  static async start(options: ServerOptions = {}): Promise<FieldloopServer> {
    const dataFolder = await mkdtemp(join(tmpdir(), "fieldloop-journey-"));
    const server = new FieldloopServer(await findFreePort(), dataFolder, options);
    await server.startAgain();
    return server;
  }

  /** Starts it on the same port and data, after `kill` or `stop`; `env` is added to what it was started with. */
  async startAgain(env: Record<string, string> = {}): Promise<void> {
    if (this.running) throw new Error("the server is still running");
    const { demo, args = [] } = this.options;
    const address = ["--listen", `127.0.0.1:${this.port}`, "--data", this.dataFolder];
    const child = spawn(BINARY, ["serve", ...address, ...(demo ? ["--demo"] : []), ...args], {
      env: { ...process.env, ...this.options.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    }
    child.on("error", (error) => (this.log += `${error}\n`));
    this.running = child;
    await this.waitUntilHealthy(child);
  }

  /** Makes a backup beside the running server. Returns its folder. */
  async backUp(): Promise<string> {
    const shelf = await mkdtemp(join(tmpdir(), "fieldloop-backups-"));
    this.shelves.push(shelf);
    await this.command("backup", shelf, "--data", this.dataFolder);
    const [backup] = (await readdir(shelf)).filter((name) => name.startsWith("fieldloop-"));
    if (!backup) throw new Error("there is no backup");
    return join(shelf, backup);
  }

  /** Ends it, and starts it again as it was when a backup was made. */
  async goBackTo(backup: string): Promise<void> {
    await this.stop();
    await this.command("restore", backup, "--data", this.dataFolder, "--replace");
    await this.startAgain();
  }

  /** Gives a command as an administrator does. */
  private async command(...args: string[]): Promise<void> {
    const { stdout, stderr } = await promisify(execFile)(BINARY, args);
    this.log += stdout + stderr;
  }

  /** Ends it the way a power cut does. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Ends it politely. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Ends it and throws its data away. */
  async discard(): Promise<void> {
    await this.kill();
    for (const folder of [this.dataFolder, ...this.shelves]) await rm(folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.running;
    this.running = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  private async waitUntilHealthy(child: ChildProcess): Promise<void> {
    const giveUpAt = Date.now() + START_PATIENCE_MS;
    while (Date.now() < giveUpAt && child.exitCode === null && child.pid !== undefined) {
      const answer = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.kill();
    throw new Error(`the server (${BINARY}) does not answer on ${this.url}; it said:\n${this.log}`);
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  if (address === null || typeof address === "string") throw new Error("a TCP socket has a port");
  probe.close();
  await once(probe, "close");
  return address.port;
}
