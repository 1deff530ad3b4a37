// Sends the blocks of all tables, one at a time, with retries through outages (control path).
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { HISTORY_ATTEMPTS_MAX, HISTORY_PAUSE_MS } from '../../core/history-limits.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TableWriter } from './table-writer.ts';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 1_500;

/** With decorrelated jitter. Blocks are sent one at a time, so that a store that is down has no more to refuse than this. */
const sendPolicy = retry(handleWhen(isEnvironmentFault), {
  maxAttempts: HISTORY_ATTEMPTS_MAX - 1, // cockatiel counts the attempts after the first
  backoff: new ExponentialBackoff({ initialDelay: RETRY_MS_MIN, maxDelay: RETRY_MS_MAX }),
});

export class BlockSender {
  readonly #writers: readonly TableWriter[];
  readonly #where: string;
  readonly #telemetry: Telemetry | null;
  #sending: Promise<void> | null = null;
  /** Resolves when the next block has been sent. */
  #blockSent = Promise.withResolvers<void>();
  #retry: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(writers: readonly TableWriter[], where: string, telemetry: Telemetry | null) {
    this.#writers = writers;
    this.#where = where;
    this.#telemetry = telemetry;
  }

  get bufferedRows(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.bufferedRows, 0);
  }

  get isDue(): boolean {
    return this.#writers.some((writer) => writer.isDue);
  }

  closeOpen(): void {
    for (const writer of this.#writers) writer.closeOpen();
  }

  /** Sends what is due in the background; a failure is logged and retried later. */
  wake(): void {
    if (this.#sending !== null || this.#retry !== null || this.#isStopped) return;
    this.#send().catch((error: unknown) => {
      const reason = `${messageOf(error)} (${this.bufferedRows} rows are buffered)`;
      this.#telemetry?.raise('history_unavailable', this.#where, reason, { blocksReadiness: true });
      if (this.#isStopped) return;
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.wake();
      }, HISTORY_PAUSE_MS).unref();
    });
  }

  /**
   * Resolves when everything that is buffered now has been sent, however much is added meanwhile. Throws
   * HISTORY_UNAVAILABLE when the attempts are exhausted, HISTORY_FAILED if ClickHouse refuses.
   */
  async flush(): Promise<void> {
    this.closeOpen();
    const until = this.#writers.map((writer) => writer.blocksClosed);
    const isSent = (): boolean =>
      this.#writers.every((writer, i) => writer.blocksSent >= (until[i] as number));
    while (!isSent()) {
      // The failure may belong to a run that started before: then this call sends next.
      const isShared = this.#sending !== null;
      try {
        await Promise.race([this.#send(), this.#blockSent.promise]);
      } catch (error) {
        if (!isShared) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    try {
      await this.flush();
    } catch (error) {
      this.#telemetry?.error(
        'history closed with rows that it did not take: a restart replays those after S',
        {
          where: this.#where,
          lostRows: this.bufferedRows,
          error: messageOf(error),
        },
      );
    }
  }

  /** One run at a time: a call during a run shares it. */
  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Tables take turns, so that one with a constant flow of rows does not delay the others. */
  async #sendAll(): Promise<void> {
    while (this.isDue) {
      for (const writer of this.#writers) if (writer.isDue) await this.#sendBlock(writer);
    }
  }

  async #sendBlock(writer: TableWriter): Promise<void> {
    const startedMs = performance.now();
    try {
      const rows = await sendPolicy.execute(() => this.#tryBlock(writer));
      this.#telemetry?.clear('history_unavailable', this.#where);
      this.#blockSent.resolve();
      this.#blockSent = Promise.withResolvers();
      this.#telemetry?.count('history_rows_total', rows, { table: writer.table });
      this.#telemetry?.observe('history_flush_duration_seconds', performance.now() - startedMs);
    } catch (error) {
      throw blocked(error, writer.table, this.#where);
    } finally {
      this.#telemetry?.gauge('history_rows_buffered', this.bufferedRows);
    }
  }

  async #tryBlock(writer: TableWriter): Promise<number> {
    try {
      return await writer.sendNext();
    } catch (error) {
      this.#telemetry?.count('history_failures_total', 1);
      throw error;
    }
  }
}

/** Rows stay buffered, and are sent when ClickHouse takes them. */
function blocked(error: unknown, table: string, where: string): MillraceError {
  const passes = error instanceof Error && isEnvironmentFault(error);
  const remedy = error instanceof MillraceError ? error.remedy : undefined;
  return new MillraceError(
    passes ? 'HISTORY_UNAVAILABLE' : 'HISTORY_FAILED',
    `${table} does not take rows: ${messageOf(error)}`,
    { where, remedy: remedy ?? 'Check that ClickHouse answers and has room.', cause: error },
  );
}
