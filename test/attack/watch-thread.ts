// The thread of Watch: asks /livez again and again, each time over a new connection.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { Look, Watched } from './watch.ts';

const PAUSE_MS = 100;
/** What is not answered by then is stuck. */
const ANSWER_MS_MAX = 20_000;
const KIB = 1_024;

let watched: Watched | null = null;
parentPort?.on('message', (message: Watched | null) => {
  watched = message;
});

function ask(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/livez', agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? null));
      response.once('error', () => resolve(null));
    });
    request.setTimeout(ANSWER_MS_MAX, () => request.destroy());
    request.once('error', () => resolve(null));
  });
}

function memoryOf(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * KIB;
  } catch {
    return null; // another system, or the process is gone
  }
}

async function look({ port, pid }: Watched): Promise<Look> {
  const startMs = performance.now();
  const status = await ask(port);
  return { livezMs: performance.now() - startMs, status, memoryBytes: memoryOf(pid) };
}

for (;;) {
  const at: Watched | null = watched;
  const seen = at === null ? null : await look(at);
  // Another engine, or none, by now: its answer says nothing.
  if (seen !== null && at === watched) parentPort?.postMessage(seen, []);
  await sleep(PAUSE_MS);
}
