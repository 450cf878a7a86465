import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A port that leads to a server, and can be shut and opened again as if that server had been stopped and started. */
export interface Relay {
  readonly port: number;
  /** Connections are cut, new ones refused. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** From now on it leads to another server; what is open is cut. */
  lead(target: number): void;
}

export async function openRelay(first: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;
  let target = first;
  const relay = {
    get port() {
      return port;
    },
    async shut() {
      const closing = server;
      server = null;
      if (closing === null) return;
      const closed = new Promise((resolve) => closing.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    lead(to: number) {
      target = to;
      for (const socket of sockets) socket.destroy();
    },
    async open() {
      if (server !== null) return;
      const opening = createServer((near) => {
        const far = connect(target, '127.0.0.1');
        for (const [socket, other] of [[near, far], [far, near]] as const) {
          sockets.add(socket);
          socket.on('error', () => undefined);
          socket.on('close', () => {
            sockets.delete(socket);
            other.destroy();
          });
        }
        near.pipe(far);
        far.pipe(near);
      });
      await new Promise<void>((resolve, reject) => {
        opening.once('error', reject);
        opening.listen(port, '127.0.0.1', resolve);
      });
      port = (opening.address() as AddressInfo).port;
      server = opening;
    },
  };
  await relay.open();
  return relay;
}
