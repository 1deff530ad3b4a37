// What workers say of themselves under load (control path): their metrics, looked at twice a second, and the most memory
// that the kernel has seen them take.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from './worker.ts';

const POLL_MS = 500;
const REQUEST_MS_MAX = 2_000;
const BYTES_PER_MIB = 2 ** 20;
const KIB_PER_MIB = 2 ** 10;

export interface Peak {
  readonly worker: string;
  /** Resident when asked for the first time. */
  readonly firstMiB: number;
  readonly mostMiB: number;
  readonly historyRowsMost: number;
}

function gaugeOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** `VmHWM:	  123456 kB`; 0 where there is no such file. */
async function highWaterMiB(pid: number | null): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / KIB_PER_MIB;
}

export class WorkerWatch {
  readonly #worker: Worker;
  #firstMiB = 0;
  #mostMiB = 0;
  #historyRowsMost = 0;
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look().catch(() => undefined); // a worker that is held up answers the next time
      await sleep(POLL_MS);
    }
  }

  async #look(): Promise<void> {
    const url = `http://127.0.0.1:${this.#worker.port}/metrics`;
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS_MAX) });
    const text = await response.text();
    const residentMiB = gaugeOf(text, 'millrace_process_resident_memory_bytes') / BYTES_PER_MIB;
    if (this.#firstMiB === 0) this.#firstMiB = residentMiB;
    this.#mostMiB = Math.max(this.#mostMiB, residentMiB, await highWaterMiB(this.#worker.pid));
    const rows = gaugeOf(text, 'millrace_history_rows_buffered');
    this.#historyRowsMost = Math.max(this.#historyRowsMost, rows);
  }

  async stop(): Promise<Peak> {
    this.#isStopped = true;
    await this.#running;
    return {
      worker: this.#worker.name,
      firstMiB: this.#firstMiB,
      mostMiB: this.#mostMiB,
      historyRowsMost: this.#historyRowsMost,
    };
  }
}
