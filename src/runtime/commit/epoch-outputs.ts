// The outputs of one task in an epoch (hot path, once per batch): predictions and labels to every sink; dead letters, late
// and repartitioned events to their topics. Outputs that an earlier run has committed are not written to the log again.
import type { Batch, RawBatch } from '../../core/batch.ts';
import {
  predictionId as recordId,
  type FeatureBlock,
  type LabelBlock,
  type PredictionBlock,
} from '../../core/blocks.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { ColumnProfileRow } from '../../core/reports.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import type { ColumnEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { EpochWriter } from '../../ports/event-log.ts';
import type { EventRows, History } from '../../ports/history.ts';
import type { Sink } from '../../ports/sink.ts';
import type { PredictionsOptions } from '../../topology/definition.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import type { DeadLetterLog, LetterCount } from './dead-letter-log.ts';
import type { EpochCounts } from './epoch-counts.ts';
import type { PartitionProtection } from '../personal/protection.ts';
import type { DeadLetterRecord, LateRecord } from '../records.ts';
import { JSON_BYTES_PER_TEXT_BYTE_MAX, jsonPredictions } from './json-predictions.ts';
import type { Part } from '../../operators/hop.ts';
import type { EventPlacesReader } from '../answers/event-places.ts';
import { partAnswers, type PartAnswers } from '../answers/part-answers.ts';
import { PredictionsSink } from './predictions-sink.ts';
import { RefusedRecords, type RefusedEncoders } from './refused-records.ts';
import type { Progress } from '../merge/row-group.ts';
import type { MergedTarget } from './repartitioned-output.ts';
import { RepartitionedOutputs, type RepartitionedTarget } from './repartitioned-outputs.ts';
import { sinkBug, type Sinks } from './sinks.ts';

export interface OutputEncoders extends RefusedEncoders {
  /** Encodes PredictionRecords. */
  readonly prediction: ColumnEncoder;
}

export async function openEncoders(
  codec: SchemaCodec,
  topics: TopologyTopics,
  { format }: PredictionsOptions = {},
): Promise<OutputEncoders> {
  return {
    prediction:
      format === 'json'
        ? jsonPredictions
        : await codec.columnEncoder(`${topics.predictions}-value`, topics.predictionSchema),
    deadLetter: await codec.encoder<DeadLetterRecord>(`${topics.deadLetters}-value`),
    late: await codec.encoder<LateRecord>(`${topics.late}-value`),
  };
}

export interface OutputParts {
  readonly topology: string;
  readonly topics: TopologyTopics;
  readonly writer: EpochWriter;
  readonly encoders: OutputEncoders;
  /** Of the source's topic; null, or absent, if the log has no ids. */
  readonly topicId?: string | null;
  /** Where repartitioned events are merged; absent where they are not. */
  readonly merged?: MergedTarget | null;
  /** Where the front of a topology sends events to; absent for others. */
  readonly hops?: readonly RepartitionedTarget[] | undefined;
  /** Of a part of a topology: what the front and entity parts refuse, the topology itself refuses as well. */
  readonly part?: Part | undefined;
  /** Whether events are set aside by another target of the topology, which reads the same ones; absent for no. */
  readonly isSetAsideElsewhere?: boolean;
  /** Of an entity part: where its events are in the source. */
  readonly places?: Pick<EventPlacesReader, 'of' | 'topicId'> | null;
  readonly sinks: Pick<Sinks, 'immediate' | 'afterCommit'>;
  /** Takes the events of a source that is archived. */
  readonly archive: Pick<History, 'events'> | null;
  /** Seals events that are set aside or archived; left out for a source without sensitive columns. */
  readonly protection?: Pick<
    PartitionProtection,
    'hasUnwritten' | 'pseudonyms' | 'record' | 'records' | 'takeUnwritten' | 'topic'
  > | null;
  readonly counts: Pick<EpochCounts, 'count' | 'total'>;
  readonly deadLetterLog: Pick<DeadLetterLog, 'add'>;
  readonly nowMs: () => number;
}

/** A prediction without its key: the longest topic in its id, the version, the numbers. */
const PREDICTION_BYTES = 1_024;

/** A sink and its name for messages. */
interface NamedSink {
  readonly name: string;
  readonly sink: Sink;
}

/** An output that is handed over once its epoch is committed. */
type Recorded =
  | { readonly kind: 'predictions'; readonly block: PredictionBlock }
  | { readonly kind: 'features'; readonly block: FeatureBlock }
  | { readonly kind: 'labels'; readonly block: LabelBlock }
  | { readonly kind: 'profiles'; readonly rows: readonly ColumnProfileRow[] }
  | { readonly kind: 'events'; readonly rows: EventRows };

export class EpochOutputs {
  readonly #parts: OutputParts;
  /** Offset below which an earlier run has committed all outputs. */
  readonly #committedBelow: number;
  readonly #countedBelow: number;
  readonly #immediate: readonly NamedSink[];
  readonly #refused: RefusedRecords;
  readonly #repartitioned: RepartitionedOutputs;
  readonly #answers: PartAnswers | null;
  #recorded: Recorded[] = [];
  /** Dead letters of the epoch. */
  #letters = new Map<ErrorCode, LetterCount>();
  /** A sink's error: the epoch is not committed. */
  #failure: Error | null = null;

  /** @param countedBelow events below it have been counted and logged */
  constructor(parts: OutputParts, committedBelow: number, countedBelow: number = committedBelow) {
    const {
      topics,
      writer,
      encoders,
      sinks,
      nowMs,
      protection = null,
      merged = null,
      topicId = null,
    } = parts;
    const targets = parts.hops ?? [{ topics, merged }];
    this.#answers = partAnswers(parts, committedBelow);
    this.#parts = parts;
    this.#committedBelow = committedBelow;
    this.#countedBelow = countedBelow;
    const log = new PredictionsSink(topics.predictions, encoders.prediction, writer, committedBelow);
    this.#immediate = [...sinks.immediate, { name: topics.predictions, sink: log }];
    const bytesMax = (topic: string): number => writer.recordBytesMax(topic);
    this.#refused = new RefusedRecords(topics, encoders, committedBelow, nowMs, bytesMax, protection);
    const tooLarge = this.#notSent.bind(this);
    this.#repartitioned = new RepartitionedOutputs(
      targets,
      { topicId, writer, nowMs, tooLarge },
      committedBelow,
      protection === null ? undefined : (batch) => protection.pseudonyms(batch),
    );
  }

  predictions(block: PredictionBlock): void {
    const { topology, counts, sinks } = this.#parts;
    const { count, offsets, version } = block;
    counts.count('predictions_total', count, { topology, version });
    if (sinks.afterCommit.length > 0) this.#recorded.push({ kind: 'predictions', block });
    if (count === 0 || (offsets[count - 1] as number) < this.#committedBelow) return;
    this.#hand(this.#immediate, { kind: 'predictions', block });
  }

  /** Of a topology that scores nothing. */
  features(block: FeatureBlock): void {
    if (this.#parts.sinks.afterCommit.length > 0) this.#recorded.push({ kind: 'features', block });
  }

  labels(block: LabelBlock): void {
    const output = { kind: 'labels', block } as const;
    if (this.#parts.sinks.afterCommit.length > 0) this.#recorded.push(output);
    this.#hand(this.#immediate, output);
  }

  profiles(rows: readonly ColumnProfileRow[]): void {
    if (this.#parts.sinks.afterCommit.length > 0) this.#recorded.push({ kind: 'profiles', rows });
  }

  #hand(sinks: readonly NamedSink[], output: Exclude<Recorded, { kind: 'events' }>): void {
    for (const { name, sink } of sinks) {
      try {
        handTo(sink, output);
      } catch (error) {
        this.#failure ??= sinkBug(name, error);
      }
    }
  }

  /**
   * Records [begin, end) of a source that is archived. Some may belong to the next epoch: they come from the log, so they
   * are the same for every owner.
   * @param offsetFrom the task's position before the first of them
   */
  events(raw: RawBatch, begin: number, end: number, offsetFrom: number): void {
    const { protection = null } = this.#parts;
    const kept = protection === null ? raw : protection.records(raw, begin, end);
    this.#recorded.push({ kind: 'events', rows: { raw: kept, begin, end, offsetFrom } });
  }

  /** @param index of the record in `raw` */
  deadLetter(raw: RawBatch, index: number, code: ErrorCode, message: string): void {
    if (this.#answers !== null) return this.#answers.refused(raw, index);
    const { isSetAsideElsewhere = false, protection = null } = this.#parts;
    // The key of a prediction is the target's own, and so is the limit of its topic.
    if (isSetAsideElsewhere && code !== 'OUTPUT_TOO_LARGE') return;
    // What is sealed with the keys of the target could not be read as a dead letter of the topology.
    if (!isSetAsideElsewhere || protection === null) this.#refused.addDeadLetter(raw, index, code, message);
    this.#parts.counts.total('deadLetters', 1);
    if ((raw.offsets[index] as number) < this.#countedBelow) return;
    const counted = this.#letters.get(code);
    if (counted === undefined) {
      const example = recordId(raw.origin, raw.offsets[index] as number);
      this.#letters.set(code, { code, count: 1, example, message });
    } else counted.count += 1;
  }

  /** The event is a dead letter instead if the late topic does not accept it. */
  late(batch: Batch, row: number, watermarkMs: number): void {
    if (this.#answers !== null) return this.#answers.refused(batch.raw, batch.rawIndex[row] as number);
    if (this.#parts.isSetAsideElsewhere === true) return;
    const { topology, counts, topics } = this.#parts;
    if (!this.#refused.addLate(batch, row, watermarkMs))
      return this.#tooLarge(batch.raw, batch.rawIndex[row] as number, topics.late);
    counts.total('late', 1);
    counts.count('events_late_total', 1, { topology, stage: 'watermarks' });
  }

  #notSent(raw: RawBatch, index: number, topic: string, place: number): void {
    if (this.#answers === null) this.#tooLarge(raw, index, topic);
    else this.#answers.notSent(topic, raw.origin, place);
  }

  #tooLarge(raw: RawBatch, index: number, topic: string): void {
    const bytesMax = this.#parts.writer.recordBytesMax(topic);
    const message = `the event is larger than its topic accepts: ${bytesMax} bytes (${topic})`;
    this.deadLetter(raw, index, 'OUTPUT_TOO_LARGE', message);
  }

  /** Bytes of the key of a prediction that its topic accepts; the record has the key twice, in JSON with its escapes. */
  get predictionKeyBytesMax(): number {
    const { writer, topics, encoders } = this.#parts;
    const timesInValue = encoders.prediction === jsonPredictions ? JSON_BYTES_PER_TEXT_BYTE_MAX : 1;
    const bytesLeft = writer.recordBytesMax(topics.predictions) - PREDICTION_BYTES;
    return Math.max(0, Math.floor(bytesLeft / (1 + timesInValue)));
  }

  repartitioned(batch: Batch, keys: RowKeys, watermarksMs: Float64Array, topic: string): void {
    this.#repartitioned.add(topic, batch, keys, watermarksMs);
  }

  /** The features of the batch's scored rows, of an entity part. */
  answered(batch: Batch): void {
    this.#answers?.add(batch);
  }

  /** Whether the epoch brings what the log lacks even if no event has come: data keys, or that the task is there. */
  get hasUnwritten(): boolean {
    return this.#parts.protection?.hasUnwritten === true || this.#repartitioned.isUnwritten;
  }

  /**
   * Ends the epoch before `offsetNext`. Returns a function that passes its rows to the after-commit sinks. Call it once the
   * log has committed the epoch: until then another owner may still compute other rows.
   * @param progress of the task there, for a merge; null if an earlier run has committed it
   * @throws the error of a sink, before anything is committed
   */
  close(offsetNext: number, progress: Progress | null = null): () => void {
    this.#throwFailure();
    const { writer, counts, topology, protection = null } = this.#parts;
    const repartitioned = this.#repartitioned.close(offsetNext, progress);
    if (repartitioned > 0) counts.count('events_repartitioned_total', repartitioned, { topology });
    this.#answers?.write(writer);
    this.#refused.write(writer, offsetNext);
    if (protection !== null) writer.append(protection.topic, protection.takeUnwritten());
    const recorded = this.#recorded;
    this.#recorded = [];
    const letters = this.#letters;
    this.#letters = new Map();
    for (const { code, count } of letters.values())
      counts.count('dead_letters_total', count, { topology, code });
    return () => {
      for (const count of letters.values()) this.#parts.deadLetterLog.add(count);
      this.#handOver(recorded);
    };
  }

  #handOver(recorded: readonly Recorded[]): void {
    const { sinks, archive, topology } = this.#parts;
    for (const output of recorded) {
      if (output.kind === 'events') archive?.events(topology, output.rows);
      else this.#hand(sinks.afterCommit, output);
    }
    for (const sink of sinks.afterCommit) sink.measure();
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

function handTo(sink: Sink, output: Exclude<Recorded, { kind: 'events' }>): void {
  if (output.kind === 'predictions') sink.predictions(output.block);
  else if (output.kind === 'features') sink.features?.(output.block);
  else if (output.kind === 'labels') sink.labels(output.block);
  else sink.profiles?.(output.rows);
}
