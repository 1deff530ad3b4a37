/** The head of a request for tests. */
import type { CanonicalHead } from '../../src/ports/web-server.ts';

export function canonicalHead(more: Partial<CanonicalHead> = {}): CanonicalHead {
  return {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(),
    headers: new Map([['host', 'localhost']]),
    host: 'localhost',
    peer: '127.0.0.1',
    encrypted: false,
    ...more,
  };
}
