// Answers of a part until its epoch ends (hot path, once a batch).
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { EventPlaces, Hop } from '../../operators/hop.ts';
import { markedTopic } from '../merge/marked-topic.ts';
import { answerRecords, type Answers } from './answer-record.ts';
import { NO_PARTITION } from './event-places.ts';

export class AnswerRows {
  /** Offset below which an earlier run has committed all outputs. */
  readonly #committedBelow: number;
  #answers: Array<{ hop: Hop; partition: number; timestampMs: number; answers: Answers }> = [];
  /** Events that are written without features: by hop, then by partition of the source. */
  #missing = new Map<Hop, Map<number, number[]>>();

  constructor(committedBelow: number) {
    this.#committedBelow = committedBelow;
  }

  /**
   * The features of the batch's scored rows.
   * @param places where its events are in the source
   */
  add(hop: Hop, { features, offsets, rawIndex, raw }: Batch, places: EventPlaces): number {
    if (features === null) return 0;
    const { rows, values, width } = features;
    const byPartition: number[][] = [];
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const partition = places.partitions[rawIndex[row] as number] as number;
      if ((offsets[row] as number) < this.#committedBelow || partition === NO_PARTITION) continue;
      (byPartition[partition] ??= []).push(i);
      count += 1;
    }
    for (const [partition, found] of Object.entries(byPartition)) {
      const answers: Answers = {
        fingerprint: hop.fingerprint,
        width,
        offsets: Float64Array.from(
          found,
          (i) => places.offsets[rawIndex[rows[i] as number] as number] as number,
        ),
        values: new Float32Array(found.length * width),
      };
      for (const [at, i] of found.entries())
        answers.values.set(values.subarray(i * width, (i + 1) * width), at * width);
      const last = rawIndex[rows[found.at(-1) as number] as number] as number;
      const timestampMs = raw.timestampMs[last] as number;
      this.#answers.push({ hop, partition: Number(partition), timestampMs, answers });
    }
    return count;
  }

  /** An event of an entity part that has no features. */
  missingAt(hop: Hop, raw: RawBatch, index: number, places: EventPlaces): void {
    if ((raw.offsets[index] as number) < this.#committedBelow) return;
    const partition = places.partitions[index] as number;
    if (partition !== NO_PARTITION) this.missing(hop, partition, places.offsets[index] as number);
  }

  /** An event of the source that has no features. */
  missing(hop: Hop, partition: number, offset: number): void {
    const partitions = this.#missing.get(hop) ?? new Map<number, number[]>();
    this.#missing.set(hop, partitions);
    const offsets = partitions.get(partition) ?? [];
    partitions.set(partition, offsets);
    offsets.push(offset);
  }

  /**
   * Removes and returns the records.
   * @param topicId of the source's topic; null if the log has no ids
   */
  take(nowMs: number, topicId: string | null): LogRecord[] {
    const keyOf = ({ name }: Hop): Buffer => Buffer.from(markedTopic(name, topicId));
    const records = this.#answers.flatMap(({ hop, partition, timestampMs, answers }) =>
      answerRecords(keyOf(hop), partition, timestampMs, answers),
    );
    for (const [hop, partitions] of this.#missing) {
      for (const [partition, offsets] of partitions) {
        const answers = {
          fingerprint: hop.fingerprint,
          width: 0,
          offsets: Float64Array.from(offsets).sort(),
          values: new Float32Array(0),
        };
        records.push(...answerRecords(keyOf(hop), partition, nowMs, answers));
      }
    }
    this.#answers = [];
    this.#missing = new Map();
    return records;
  }
}
