// A line to the server that fails in the midst of one answer, and stays dead until it is mended.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class FailingLine {
  private readonly open = new Set<Socket>();
  private fatal: { address: string; bytes: number } | undefined;
  private dead = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(port: number): Promise<FailingLine> {
    const server = createServer((near) => line.join(near, port)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP socket has a port");
    const line = new FailingLine(server, `http://127.0.0.1:${address.port}`);
    return line;
  }

  /** Lets it fail once so many bytes of the answer to a request of this address have gone over it. */
  failWithin(address: string, bytes: number): void {
    this.fatal = { address, bytes };
  }

  get hasFailed(): boolean {
    return this.dead;
  }

  mend(): void {
    this.fatal = undefined;
    this.dead = false;
  }

  async close(): Promise<void> {
    this.hangUp();
    this.server.close();
    await once(this.server, "close");
  }

  private join(near: Socket, port: number): void {
    if (this.dead) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.open.add(socket);
      socket.on("error", end).on("close", () => this.open.delete(socket));
    }
    let left = Number.POSITIVE_INFINITY;
    near.on("data", (data) => {
      if (this.fatal && data.includes(`GET ${this.fatal.address} `)) left = this.fatal.bytes;
      far.write(data);
    });
    far.on("data", (data) => {
      left -= data.length;
      near.write(left < 0 ? data.subarray(0, data.length + left) : data);
      if (left < 0) this.fail();
    });
    near.on("end", () => far.end());
    far.on("end", () => near.end());
  }

  private fail(): void {
    this.dead = true;
    this.hangUp();
  }

  private hangUp(): void {
    for (const socket of this.open) socket.destroy();
  }
}
