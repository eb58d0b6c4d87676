// The real server, as a journey needs it: on a port and a data folder of its own, and allowed to die.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
    await rm(this.dataFolder, { recursive: true, force: true });
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
