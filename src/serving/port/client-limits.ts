// How much of the port one client may take (control path): connections by address, requests by credential, or by address
// for those without one.
import type { Caller } from '../../ports/identity.ts';
import type { CanonicalHead, HttpResponse } from '../../ports/web-server.ts';
import { ANONYMOUS } from '../access/caller.ts';
import { reply } from '../response.ts';
import { probePaths } from '../routes/health.ts';
import { clientKey } from './client-address.ts';
import { RateLimiter } from '../../resilience/rate-limiter.ts';

export interface ClientLimitOptions {
  readonly requestsPerSecond: number;
  readonly connectionsPerAddress: number;
  /** Monotonic time, ms. */
  readonly nowMs?: () => number;
}

export class ClientLimits {
  readonly #rates: RateLimiter;
  readonly #connectionsMax: number;
  /** By client. */
  readonly #connections = new Map<string, number>();

  constructor({ requestsPerSecond, connectionsPerAddress, nowMs }: ClientLimitOptions) {
    this.#rates = new RateLimiter({
      perSecond: requestsPerSecond,
      ...(nowMs === undefined ? {} : { nowMs }),
    });
    this.#connectionsMax = connectionsPerAddress;
  }

  /** Counts a request against its address: null, or the response if there are too many. */
  busy({ path, peer }: CanonicalHead): HttpResponse | null {
    return probePaths.has(path) ? null : this.busyAddress(peer);
  }

  busyAddress(peer: string): HttpResponse | null {
    return this.#take(`address ${clientKey(peer)}`);
  }

  /** Counts a request against its authenticated caller; without one, against its address. */
  busyCaller(caller: Caller | null, request: CanonicalHead): HttpResponse | null {
    if (caller === null || caller.name === ANONYMOUS) return this.busy(request);
    return probePaths.has(request.path) ? null : this.#take(`caller ${caller.name}`);
  }

  /** False if the client has as many connections as it may; this one then counts, too, until it is closed. */
  connected(peer: string): boolean {
    const key = clientKey(peer);
    const open = (this.#connections.get(key) ?? 0) + 1;
    this.#connections.set(key, open);
    return open <= this.#connectionsMax;
  }

  disconnected(peer: string): void {
    const key = clientKey(peer);
    const open = (this.#connections.get(key) ?? 1) - 1;
    if (open > 0) this.#connections.set(key, open);
    else this.#connections.delete(key);
  }

  #take(key: string): HttpResponse | null {
    const waitS = this.#rates.take(key);
    if (waitS === 0) return null;
    const response = reply.error(
      429,
      'REQUESTS_TOO_MANY',
      'too many requests',
      'Wait for as many seconds as Retry-After says.',
    );
    return { ...response, headers: { ...response.headers, 'retry-after': String(waitS) } };
  }
}
