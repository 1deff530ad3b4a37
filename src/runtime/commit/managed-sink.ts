// One sink of an engine, flushed with retries and watched (control path).
import type { IPolicy } from 'cockatiel';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { Sink, SinkDelivery } from '../../ports/sink.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';

export interface ManagedSinkParts {
  readonly name: string;
  readonly delivery: SinkDelivery;
  readonly sink: Sink;
  readonly topology: string;
  readonly telemetry: Telemetry;
}

export class ManagedSink {
  readonly name: string;
  readonly delivery: SinkDelivery;
  readonly sink: Sink;
  readonly #telemetry: Telemetry;
  readonly #labels: { readonly topology: string; readonly sink: string };
  readonly #retries: IPolicy;
  /** Error of the last flush; null if it succeeded. */
  #failure: Error | null = null;
  #isStopping = false;

  constructor({ name, delivery, sink, topology, telemetry }: ManagedSinkParts) {
    this.name = name;
    this.delivery = delivery;
    this.sink = sink;
    this.#telemetry = telemetry;
    this.#labels = { topology, sink: name };
    const passes = (error: Error): boolean => !this.#isStopping && isEnvironmentFault(error);
    this.#retries = retriesWhile(passes, RESTART_WAITS, (error) => this.#raise(error));
  }

  /** Resolves when the sink has stored the rows that it received. Retries for as long as the engine runs. */
  async flush(): Promise<void> {
    await this.#retries.execute(() => this.#flushOnce());
  }

  async #flushOnce(): Promise<void> {
    const startedMs = performance.now();
    try {
      await this.sink.flush();
      if (this.#failure !== null) this.#telemetry.clear('sink_unavailable', this.name);
      this.#failure = null;
      this.#telemetry.observe('sink_flush_duration_seconds', performance.now() - startedMs, this.#labels);
    } catch (error) {
      this.#telemetry.count('sink_failures_total', 1, this.#labels);
      this.#failure = error instanceof MillraceError ? error : unavailable(this.name, error);
      throw this.#failure;
    } finally {
      this.measure();
    }
  }

  #raise({ message }: Error): void {
    const reason = `${message} (${this.sink.bufferedRows} rows are buffered)`;
    this.#telemetry.raise('sink_unavailable', this.name, reason, { blocksReadiness: true });
  }

  measure(): void {
    this.#telemetry.gauge('sink_rows_buffered', this.sink.bufferedRows, this.#labels);
  }

  /** A flush that fails from now on is not retried. */
  stopRetrying(): void {
    this.#isStopping = true;
  }

  /** Logs an error instead of throwing it: flushed rows are safe in any case. */
  async close(): Promise<void> {
    try {
      await this.sink.close();
    } catch (error) {
      this.#telemetry.warn('a sink did not close', { sink: this.name, why: messageOf(error) });
    }
  }

  /** For `/readyz`; null for a sink that cannot fail. */
  get check(): (() => Promise<void>) | null {
    const { sink, delivery } = this;
    if (sink.ping !== undefined) return () => sink.ping?.() ?? Promise.resolve();
    if (delivery === 'immediate') return null;
    return async () => {
      if (this.#failure !== null) throw this.#failure;
    };
  }
}

function unavailable(name: string, cause: unknown): MillraceError {
  return new MillraceError('SINK_UNAVAILABLE', `the sink does not take rows: ${messageOf(cause)}`, {
    where: name,
    remedy: 'Check the system behind it. Rows stay buffered and are sent when it is available again.',
    cause,
  });
}
