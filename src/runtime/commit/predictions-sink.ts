// The predictions topic as a sink (hot path): its records are part of the epoch's transaction, so a read_committed consumer
// sees each prediction exactly once.
import { predictionIdPrefix, type ClassScores, type PredictionBlock } from '../../core/blocks.ts';
import { textColumn } from '../../core/text-bytes.ts';
import type { ColumnEncoder, OutputColumn } from '../../ports/codec.ts';
import type { EpochWriter } from '../../ports/event-log.ts';
import type { Sink } from '../../ports/sink.ts';

export class PredictionsSink implements Sink {
  readonly #topic: string;
  readonly #encoder: ColumnEncoder;
  readonly #writer: EpochWriter;
  readonly #committedBelow: number;
  /** Always 0: the writer's commit flushes. */
  readonly bufferedRows = 0;

  /**
   * @param encoder encodes PredictionRecords
   * @param committedBelow offset below which an earlier run has committed all predictions
   */
  constructor(topic: string, encoder: ColumnEncoder, writer: EpochWriter, committedBelow: number) {
    this.#topic = topic;
    this.#encoder = encoder;
    this.#writer = writer;
    this.#committedBelow = committedBelow;
  }

  predictions(block: PredictionBlock): void {
    const { origin, count, offsets, eventTimeMs, keys, scores, version, flags, classes } = block;
    let from = 0;
    while (from < count && (offsets[from] as number) < this.#committedBelow) from++;
    if (from === count) return;
    const values = this.#encoder.encode(
      {
        id: { kind: 'numbered', prefix: predictionIdPrefix(origin), values: offsets },
        key: { kind: 'strings', values: keys },
        eventTime: { kind: 'numbers', values: eventTimeMs },
        score: { kind: 'numbers', values: scores },
        version: { kind: 'same', value: version },
        flags: { kind: 'numbers', values: flags },
        ...(classes === undefined ? {} : classColumns(classes)),
      },
      from,
      count,
    );
    this.#writer.append(this.#topic, {
      // The partition of the event, so that predictions are in the order of the source's offsets.
      partition: origin.partition,
      timestampMs: eventTimeMs.subarray(from, count),
      keys: textColumn(keys, from, count),
      values,
    });
  }

  /** Labels have no topic. */
  labels(): void {}

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}

function classColumns({ names, tops, outputs }: ClassScores): Record<string, OutputColumn> {
  return {
    class: tops === null ? { kind: 'same', value: '' } : { kind: 'chosen', names, values: tops },
    outputs: { kind: 'vectors', width: names.length, values: outputs },
  };
}
