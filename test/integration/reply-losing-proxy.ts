// A TCP proxy that can drop one reply: the server has executed the request, but the client gets no answer.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface ReplyLosingProxy {
  readonly url: string;
  /** The connection breaks instead of delivering the next reply. */
  loseNextReply(): void;
  /** Replies lost so far. */
  lost(): number;
  close(): Promise<void>;
}

export async function replyLosingProxy(target: string): Promise<ReplyLosingProxy> {
  const { hostname, port, protocol } = new URL(target);
  const sockets = new Set<Socket>();
  let isLosing = false;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}); // the other end is destroyed on purpose
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (reply: Buffer) => {
      if (!isLosing) {
        client.write(reply);
        return;
      }
      isLosing = false;
      lost++;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo; // it listens on TCP, so it is not a path
  return {
    url: `${protocol}//127.0.0.1:${address.port}`,
    loseNextReply: () => {
      isLosing = true;
    },
    lost: () => lost,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
