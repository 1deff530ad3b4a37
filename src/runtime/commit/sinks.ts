// The sinks of one engine (control path; EpochOutputs passes the blocks to them).
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { SinkContext, SinkDefinition } from '../../ports/sink.ts';
import { ManagedSink } from './managed-sink.ts';

export class Sinks {
  /** In the order of their definitions. */
  readonly immediate: readonly ManagedSink[];
  readonly afterCommit: readonly ManagedSink[];
  readonly #all: readonly ManagedSink[];

  constructor(sinks: readonly ManagedSink[]) {
    this.#all = sinks;
    this.immediate = sinks.filter(({ delivery }) => delivery === 'immediate');
    this.afterCommit = sinks.filter(({ delivery }) => delivery === 'after-commit');
  }

  /**
   * Opens the sinks in order; if one fails, those opened before it are closed.
   * @param contextOf returns the context for a sink's name
   */
  static async open(
    definitions: readonly SinkDefinition[],
    contextOf: (name: string) => SinkContext,
  ): Promise<Sinks> {
    const opened: ManagedSink[] = [];
    try {
      for (const definition of definitions) {
        const { name, delivery } = definition;
        const context = contextOf(name);
        const { topology, telemetry } = context;
        const sink = await definition.open(context);
        opened.push(new ManagedSink({ name, delivery, sink, topology, telemetry }));
      }
    } catch (error) {
      await new Sinks(opened).close();
      throw error;
    }
    return new Sinks(opened);
  }

  get bufferedRows(): number {
    return this.#all.reduce((sum, { sink }) => sum + sink.bufferedRows, 0);
  }

  begins(origin: TopicPartition, through: number | null): void {
    for (const { sink } of this.#all) sink.begins?.(origin, through);
  }

  /** Resolves when every after-commit sink has stored its rows: state must not move past a row that a sink lacks. */
  async flush(): Promise<void> {
    await Promise.all(this.afterCommit.map((sink) => sink.flush()));
  }

  /** For `/readyz`, by the name of each sink that can fail. */
  checks(): Readonly<Record<string, () => Promise<void>>> {
    const checks: Record<string, () => Promise<void>> = {};
    for (const { name, check } of this.#all) if (check !== null) checks[name] = check;
    return checks;
  }

  stopRetrying(): void {
    for (const sink of this.#all) sink.stopRetrying();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((sink) => sink.close()));
  }
}

/** The error for a sink that threw in a method that must only buffer. */
export function sinkBug(name: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  return new MillraceError('SINK_FAILED', `the sink threw an error: ${messageOf(cause)}`, {
    where: name,
    remedy: 'Correct it: predictions() and labels() must only buffer; what may fail belongs in flush().',
    cause,
  });
}
