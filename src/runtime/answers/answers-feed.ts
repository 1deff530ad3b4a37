// The answers to the events of one partition, as its task needs them (control path around the hot one). Those of a
// partition of a hop come in the order of their events, and the partitions of all hops interleave as they commit: one may be
// far ahead of another. Answers far ahead of the task are left out, and read again when it is near: memory is bounded, and
// no order of commits can stop it.
import type { Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { isCode } from '../../core/errors.ts';
import { ANSWERS_AHEAD_MAX, ANSWERS_STOP_MS } from '../../core/answer-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { FeatureAnswers, Hop } from '../../operators/hop.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { markedTopic } from '../merge/marked-topic.ts';
import { quarantineRow, untransactedFault } from '../own-records.ts';
import { answerFault, AnswerReader } from './answer-record.ts';
import { HopAnswers } from './hop-answers.ts';

export interface AnswersFeedParts {
  readonly log: Pick<EventLog, 'follow'>;
  /** The partition of the topic of answers. */
  readonly origin: TopicPartition;
  readonly hops: readonly Hop[];
  /** Of the topic that the events are of; null if the log has no ids. */
  readonly topicId: string | null;
  /** Events before it were answered when the task started, in records before `answeredTo`: what is not there is gone. */
  readonly committedOffset: number;
  readonly answeredTo: number;
  readonly telemetry: Telemetry;
  readonly topology: string;
  readonly quarantine: Quarantine;
  /** Called when a batch starts to wait. */
  readonly waits: () => void;
  /** The topic cannot be read: the task must restart. */
  readonly failed: (error: Error) => void;
}

/** A record that has been read: where it is, and the last event that it answers. */
interface ReadRecord {
  readonly at: number;
  readonly last: number;
}

export class AnswersFeed implements FeatureAnswers {
  readonly #parts: AnswersFeedParts;
  readonly #hops: readonly HopAnswers[];
  readonly #hopOf = new Map<string, number>();
  readonly #widthMax: number;
  readonly #records: ReadRecord[] = [];
  #subscription: Subscription | null = null;
  /** The next record to read; null for the first that there is. */
  #next: number | null = null;
  /** The first record with an answer that was left out, and the lowest offset that was; null for none. */
  #leftOut: { readonly at: number; lowest: number } | null = null;
  /** No answer to an earlier event is needed any more. */
  #from = 0;
  #sweptAt = 0;
  #waiting: PromiseWithResolvers<void> | null = null;
  #waitingSinceMs = 0;
  #isClosed = false;
  #stopTimer: NodeJS.Timeout | undefined;
  /** What a batch that would wait does, once the task has stopped for long enough. */
  #giveUp: (() => void) | null = null;

  constructor(parts: AnswersFeedParts) {
    this.#parts = parts;
    this.#hops = parts.hops.map(({ width, fingerprint }) => new HopAnswers(width, fingerprint));
    for (const [index, { name }] of parts.hops.entries())
      this.#hopOf.set(markedTopic(name, parts.topicId), index);
    this.#widthMax = Math.max(...parts.hops.map(({ width }) => width));
  }

  passed(offset: number): void {
    this.#from = Math.max(this.#from, offset);
    if (this.#from - this.#sweptAt < ANSWERS_AHEAD_MAX / 4) return;
    this.#sweptAt = this.#from;
    for (const hop of this.#hops) hop.forget(this.#from);
  }

  ready(hop: number, offsets: Float64Array): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const answers = this.#hops[hop] as HopAnswers;
    answers.want(offsets);
    if (!answers.isAwaited) return undefined;
    this.#readOn();
    this.#giveUpLost();
    if (!answers.isAwaited) return undefined;
    if (this.#giveUp !== null) {
      this.#giveUp();
      return undefined;
    }
    if (this.#waiting === null) {
      this.#waiting = Promise.withResolvers();
      this.#waitingSinceMs = performance.now();
      this.#parts.waits();
    }
    return this.#waiting.promise;
  }

  read(hop: number, offset: number, from: number, width: number, out: Float32Array, at: number): boolean {
    return (this.#hops[hop] as HopAnswers).read(offset, from, width, out, at);
  }

  position(offset: number): number {
    let passed = 0;
    while ((this.#records[passed]?.last ?? Number.POSITIVE_INFINITY) < offset) passed += 1;
    this.#records.splice(0, passed);
    const first = this.#records[0]?.at ?? this.#next ?? 0;
    return Math.min(first, this.#leftOut?.at ?? first);
  }

  seek(position: number): void {
    this.#next = position;
  }

  /** Lets a batch that waits go on: nothing that it computes is used. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#stopTimer);
    this.#stop();
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  /**
   * The task stops. A batch that waits gets some time: the parts that answer may have stopped before.
   * @param givesUp called before a batch goes on without its answers
   */
  stopSoon(givesUp: () => void): void {
    this.#stopTimer ??= setTimeout(() => {
      this.#giveUp = (): void => {
        givesUp();
        this.close();
      };
      if (this.#waiting !== null) this.#giveUp();
    }, ANSWERS_STOP_MS);
  }

  #stop(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = null;
  }

  /** Reads what was left out if a batch needs it by now; else goes on where the reader has stopped. */
  #readOn(): void {
    const leftOut = this.#leftOut;
    if (leftOut !== null && this.#hops.some(({ highestWanted }) => highestWanted >= leftOut.lowest)) {
      this.#stop();
      this.#leftOut = null;
      this.#next = leftOut.at;
    }
    if (this.#subscription === null) this.#open(this.#next);
  }

  #open(from: number | null): void {
    const { log, origin, telemetry, failed } = this.#parts;
    this.#subscription = log.follow(origin, from ?? 'earliest').subscribe({
      next: (raw) => this.#take(raw),
      error: (error: Error) => {
        this.#subscription = null;
        if (!isCode(error, 'LOG_CHANGED') || from === null) return failed(error);
        telemetry.raise('records_skipped', partitionName(origin), error.message);
        this.#open(null);
      },
    });
  }

  #take(raw: RawBatch): void {
    for (let row = 0; row < raw.count; row++) this.#takeRecord(raw, row);
    this.#next = raw.offsetNext;
    this.#giveUpLost();
    this.#release();
    if (this.#leftOut !== null && this.#waiting === null) this.#stop();
  }

  #takeRecord(raw: RawBatch, row: number): void {
    const { quarantine } = this.#parts;
    const value = raw.values.at(row);
    const hop = this.#hopOf.get(raw.keys.at(row)?.toString() ?? '');
    // Of a hop that the topology had before, or to events of a topic that is gone.
    if (value === null || hop === undefined) return;
    const fault = untransactedFault(raw, row) ?? answerFault(value, this.#widthMax);
    if (fault !== null) return quarantineRow(quarantine, raw, row, fault);
    const answers = new AnswerReader(value);
    if (answers.count === 0) return;
    const at = raw.offsets[row] as number;
    // What comes after the first record that was left out is read again after it.
    if (this.#leftOut === null) this.#records.push({ at, last: answers.last });
    const to = this.#from + ANSWERS_AHEAD_MAX;
    const lowest = (this.#hops[hop] as HopAnswers).take(answers, this.#from, to);
    if (lowest === null) return;
    this.#leftOut ??= { at, lowest };
    this.#leftOut.lowest = Math.min(this.#leftOut.lowest, lowest);
  }

  #giveUpLost(): void {
    const { answeredTo, committedOffset } = this.#parts;
    if ((this.#next ?? 0) < answeredTo) return;
    for (const hop of this.#hops) hop.giveUp(committedOffset);
  }

  #release(): void {
    if (this.#waiting === null || this.#hops.some(({ isAwaited }) => isAwaited)) return;
    const { telemetry, topology } = this.#parts;
    telemetry.observe('answers_wait_seconds', performance.now() - this.#waitingSinceMs, { topology });
    this.#waiting.resolve();
    this.#waiting = null;
  }
}
