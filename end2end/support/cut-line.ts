// A line between a client and the server that is cut again and again, in the middle of whatever goes over it.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class CutLine {
  cuts = 0;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Opens a line to a port of this machine that is cut after so many bytes in the direction of the server, and anew after each cut. */
  static async to(port: number, bytes: number, onCut: (cuts: number) => void): Promise<CutLine> {
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      let left = bytes;
      const end = () => {
        near.destroy();
        far.destroy();
      };
      for (const socket of [near, far]) {
        line.open.add(socket);
        socket.on("error", end).on("close", () => line.open.delete(socket));
      }
      near.on("data", (data) => {
        left -= data.length;
        if (left < 0) {
          end();
          onCut(++line.cuts);
        } else if (!far.write(data)) {
          near.pause();
        }
      });
      far.on("drain", () => near.resume());
      near.on("end", () => far.end());
      far.pipe(near);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP socket has a port");
    const line = new CutLine(server, `http://127.0.0.1:${address.port}`);
    return line;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }
}
