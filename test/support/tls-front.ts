/** A server of HTTPS in front of one of HTTP: it requires a client certificate, and a user and password that can change. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificates } from './certificates.ts';

export interface TlsFront {
  /** https://127.0.0.1:port */
  readonly url: string;
  /** `user:password` that it accepts. */
  user: string;
  close(): Promise<void>;
}

export async function tlsFront(to: string, { ca, server }: Certificates, user: string): Promise<TlsFront> {
  const target = new URL(to);
  const front = createServer(
    {
      ca: readFileSync(ca),
      cert: readFileSync(server.certificate),
      key: readFileSync(server.key),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (incoming, outgoing) => {
      const { authorization = '', ...headers } = incoming.headers;
      if (authorization !== `Basic ${Buffer.from(opened.user).toString('base64')}`) {
        // A server that is not careful repeats what it was sent.
        outgoing.writeHead(401, { 'x-clickhouse-exception-code': '516' });
        outgoing.end(
          `Code: 516. DB::Exception: Authentication failed for ${authorization}. (AUTHENTICATION_FAILED)`,
        );
        return;
      }
      const { method, url: path } = incoming;
      const forwarded = request(
        {
          host: target.hostname,
          port: target.port,
          path: target.pathname.replace(/\/$/, '') + path,
          method,
          headers,
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    },
  );
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const opened: TlsFront = {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`, // as a server on TCP has
    user,
    async close() {
      front.closeAllConnections();
      front.close();
      await once(front, 'close');
    },
  };
  return opened;
}
