// Watches an engine from a thread of its own, so that a busy attacker is not taken for a slow engine: how long /livez takes,
// and the memory of the process.
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Where the engine is; null while none is expected to answer. */
export interface Watched {
  readonly port: number;
  readonly pid: number;
}

/** One look at the engine. */
export interface Look {
  /** Until /livez was answered, or given up, ms. */
  readonly livezMs: number;
  /** Null if there was no answer. */
  readonly status: number | null;
  /** Resident memory; null where the system does not say. */
  readonly memoryBytes: number | null;
}

export class Watch {
  readonly #worker: Worker;
  looks = 0;
  slowestMs = 0;
  memoryBytesMax = 0;
  #slowestSince = 0;
  /** What /livez answered other than 200. */
  readonly refusals: string[] = [];

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (look: Look) => this.#take(look));
  }

  static async start(): Promise<Watch> {
    const worker = new Worker(join(import.meta.dirname, 'watch-thread.ts'), { execArgv: [] });
    await once(worker, 'online');
    return new Watch(worker);
  }

  follow(watched: Watched | null): void {
    this.#worker.postMessage(watched, []);
  }

  /** The slowest answer since the last call, ms. */
  takeSlowest(): number {
    const ms = this.#slowestSince;
    this.#slowestSince = 0;
    return ms;
  }

  #take({ livezMs, status, memoryBytes }: Look): void {
    this.looks += 1;
    this.slowestMs = Math.max(this.slowestMs, livezMs);
    this.#slowestSince = Math.max(this.#slowestSince, livezMs);
    this.memoryBytesMax = Math.max(this.memoryBytesMax, memoryBytes ?? 0);
    if (status !== 200)
      this.refusals.push(`/livez: ${status ?? 'no answer'} after ${Math.round(livezMs)} ms`);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
