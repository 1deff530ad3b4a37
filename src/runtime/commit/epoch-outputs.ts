// What one task sends out in an epoch (hot path): predictions to the log, to subscribers and to history, dead letters,
// late and repartitioned events to their topics. Nothing that an earlier run committed (offsets below G) is sent again.
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import { predictionIdPrefix } from '../../core/blocks.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { textColumn } from '../../core/text-bytes.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { ColumnEncoder, RecordEncoder } from '../../ports/codec.ts';
import type { EpochWriter, LogRecord } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { PredictionFeed } from '../../ports/prediction-feed.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import type { DeadLetterRecord, LateRecord } from '../records.ts';
import { RepartitionedRows } from './repartitioned-rows.ts';

export interface OutputEncoders {
  /** Of PredictionRecord. */
  readonly prediction: ColumnEncoder;
  readonly deadLetter: RecordEncoder<DeadLetterRecord>;
  readonly late: RecordEncoder<LateRecord>;
}

export interface OutputSinks {
  readonly writer: EpochWriter;
  readonly encoders: OutputEncoders;
  readonly history: History | null;
  readonly feed: PredictionFeed;
  readonly telemetry: Telemetry;
}

export class EpochOutputs {
  readonly #topology: string;
  readonly #topics: TopologyTopics;
  readonly #sinks: OutputSinks;
  /** G: outputs of events below it were committed before a restart. */
  readonly #heldBelow: number;
  readonly #nowMs: () => number;
  /**
   * Dead letters and late events until their epoch ends: stages before a barrier go through the whole batch that it
   * cuts in two, so some of these belong to the epoch after it.
   */
  #refused: Array<{ readonly offset: number; readonly topic: string; readonly record: LogRecord }> = [];

  readonly #repartitioned: RepartitionedRows;

  /** What history gets once the epoch is committed. */
  #recorded: Array<(history: History) => void> = [];

  constructor(
    topology: string,
    topics: TopologyTopics,
    sinks: OutputSinks,
    heldBelow: number,
    nowMs: () => number,
  ) {
    this.#topology = topology;
    this.#topics = topics;
    this.#sinks = sinks;
    this.#heldBelow = heldBelow;
    this.#repartitioned = new RepartitionedRows(heldBelow);
    this.#nowMs = nowMs;
  }

  predictions(block: PredictionBlock): void {
    const { feed, telemetry } = this.#sinks;
    this.#recorded.push((history) => history.predictions(this.#topology, block));
    telemetry.count('predictions_total', block.count, { topology: this.#topology, version: block.version });
    let from = 0;
    while (from < block.count && (block.offsets[from] as number) < this.#heldBelow) from++;
    if (from === block.count) return;
    feed.predictions(this.#topology, block);
    this.#append(block, from);
  }

  #append(block: PredictionBlock, from: number): void {
    const { origin, count, offsets, eventTimeMs, keys, scores, version, flags } = block;
    const values = this.#sinks.encoders.prediction.encode(
      {
        id: { kind: 'numbered', prefix: predictionIdPrefix(origin), values: offsets },
        key: { kind: 'strings', values: keys },
        eventTime: { kind: 'numbers', values: eventTimeMs },
        score: { kind: 'numbers', values: scores },
        version: { kind: 'same', value: version },
        flags: { kind: 'numbers', values: flags },
      },
      from,
      count,
    );
    this.#sinks.writer.append(this.#topics.predictions, {
      // That of the event: a partition of predictions is then in the order of its source's offsets.
      partition: origin.partition,
      timestampMs: eventTimeMs.subarray(from, count),
      keys: textColumn(keys, from, count),
      values,
    });
  }

  labels(block: LabelBlock): void {
    this.#recorded.push((history) => history.labels(this.#topology, block));
    this.#sinks.feed.labels(this.#topology, block);
  }

  /**
   * Records [begin, end) of a source that is archived. Some may belong to the epoch after: they are the log's own, and the
   * same for every owner.
   * @param offsetFrom where the task stood before the first of them
   */
  events(raw: RawBatch, begin: number, end: number, offsetFrom: number): void {
    const rows = { raw, begin, end, offsetFrom };
    this.#recorded.push((history) => history.events(this.#topology, rows));
  }

  /** @param index of the record in `raw` */
  deadLetter(raw: RawBatch, index: number, code: ErrorCode, message: string): void {
    const offset = raw.offsets[index] as number;
    this.#sinks.telemetry.count('dead_letters_total', 1, { topology: this.#topology, code });
    if (offset < this.#heldBelow) return;
    const key = raw.keys.at(index);
    const value = this.#sinks.encoders.deadLetter.encode({
      topic: raw.origin.topic,
      partition: raw.origin.partition,
      offset,
      key,
      value: raw.values.at(index),
      timestampMs: raw.timestampMs[index] as number,
      code,
      message,
      failedAtMs: this.#nowMs(),
    });
    const record = { key, value, timestampMs: this.#nowMs() };
    this.#refused.push({ offset, topic: this.#topics.deadLetters, record });
  }

  /**
   * The epoch ends before `offsetNext`. Returns what gives history its rows: once the epoch is committed in the log, as
   * another owner may still make others of it before.
   */
  close(offsetNext: number): () => void {
    if (this.#refused.length > 0) this.#sendRefused(offsetNext);
    this.#sendRepartitioned(offsetNext);
    const recorded = this.#recorded;
    this.#recorded = [];
    const { history } = this.#sinks;
    return () => {
      if (history !== null) for (const record of recorded) record(history);
    };
  }

  #sendRefused(offsetNext: number): void {
    const { deadLetters, late } = this.#topics;
    for (const topic of [deadLetters, late]) {
      const records = this.#refused.filter((of) => of.topic === topic && of.offset < offsetNext);
      this.#sinks.writer.append(
        topic,
        records.map(({ record }) => record),
      );
    }
    this.#refused = this.#refused.filter(({ offset }) => offset >= offsetNext);
  }

  repartitioned(batch: Batch, keys: RowKeys): void {
    const count = this.#repartitioned.add(batch, keys);
    this.#sinks.telemetry.count('events_repartitioned_total', count, { topology: this.#topology });
  }

  #sendRepartitioned(offsetNext: number): void {
    const { repartitioned } = this.#topics;
    if (repartitioned === undefined) return;
    for (const block of this.#repartitioned.take(offsetNext)) this.#sinks.writer.append(repartitioned, block);
  }

  late(batch: Batch, row: number, watermarkMs: number): void {
    const offset = batch.offsets[row] as number;
    this.#sinks.telemetry.count('events_late_total', 1, { topology: this.#topology, stage: 'watermarks' });
    if (offset < this.#heldBelow) return;
    const index = batch.rawIndex[row] as number;
    const key = batch.raw.keys.at(index);
    const value = this.#sinks.encoders.late.encode({
      topic: batch.origin.topic,
      partition: batch.origin.partition,
      offset,
      key,
      value: batch.raw.values.at(index),
      timestampMs: batch.raw.timestampMs[index] as number,
      eventTime: batch.eventTimeMs[row] as number,
      watermarkMs,
    });
    const record = { key, value, timestampMs: batch.eventTimeMs[row] as number };
    this.#refused.push({ offset, topic: this.#topics.late, record });
  }
}
