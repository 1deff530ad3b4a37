// Sends events over HTTP as fast as they are answered (control path), on so many connections.
import { Agent, request } from 'node:http';

export interface Load {
  readonly rows: number;
  readonly connections: number;
}

export interface Sent {
  /** Events that were answered 200. */
  readonly events: number;
  /** From a request to its answer, ms, ascending. */
  readonly latencyMs: readonly number[];
  readonly seconds: number;
}

const KEYS = 1_000;

/** Bodies are made once: what is measured is the engine. Ids repeat, which the topology does not mind. */
function bodyOf(rows: number, from: number): Buffer {
  const time = Date.now();
  const row = (i: number): string =>
    JSON.stringify({ id: `id-${from + i}`, key: `key-${(from + i) % KEYS}`, time, value: (i % 100) / 10 });
  return Buffer.from(Array.from({ length: rows }, (_, i) => row(i)).join('\n'));
}

/** Resolves after `seconds` and the answers to what was sent by then. @throws for an answer other than 200 */
export async function send(url: string, { rows, connections }: Load, seconds: number): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencyMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const connection = async (_: unknown, index: number): Promise<void> => {
    const body = bodyOf(rows, index * rows);
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      await post(url, body, agent);
      latencyMs.push(performance.now() - sentMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    agent.destroy();
  }
  return {
    events: latencyMs.length * rows,
    latencyMs: latencyMs.toSorted((a, b) => a - b),
    seconds: (performance.now() - startMs) / 1_000,
  };
}

function post(url: string, body: Buffer, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`answered ${response.statusCode}: ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
