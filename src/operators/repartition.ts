// The repartition stage (hot path): forwards events under another key, for a topology whose features need the events of
// that key in one partition. They are sent with the epoch.
import { PARTITIONS_MAX } from '../core/topology-limits.ts';
import { MERGE_WAIT_MS } from '../core/merge-limits.ts';
import {
  checkedOptions,
  columns,
  duration,
  nonEmptyText,
  oneOfTexts,
  required,
  whole,
  type OptionChecks,
} from '../core/option-checks.ts';
import type { Batch, Watermark } from '../core/batch.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';
import { KEY_SEPARATOR } from './joined-key.ts';
import { KeyBytes } from './key-bytes.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import type { EngineStageContext, Stage, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';

/** Partitions of a topic if a topology does not say: room for four engines. */
export const PARTITIONS_DEFAULT = 4;

export interface RepartitionOptions<Key extends string = string> {
  /** Columns that make the key, as a view's do: their values joined by `|` (`\|` within a value), in UTF-8. */
  readonly key: readonly Key[];
  /** Partitions of the topic; refused if it exists with another count. 4 by default. */
  readonly partitions?: number;
  /** `<topology>.repartitioned` by default. */
  readonly topic?: string;
  /**
   * What happens to an event whose key is null. `dead-letter` by default: it is refused as CONTRACT_NULL. `pass`: only
   * the later stages get it, and it is counted.
   */
  readonly withoutKey?: 'dead-letter' | 'pass';
  /**
   * `merged`, the default: events of several partitions of the source come in the order of their partitions' watermarks,
   * which for producers in the order of time is that of event time. The order depends on the source alone: a replay or a
   * restart does not change it. `arrival`: as they arrive, without the delay and the work of the merge.
   */
  readonly order?: 'merged' | 'arrival';
  /**
   * How long the merge waits for a partition of the source that has no event left, ms: an event that comes later than that
   * counts after those of the others. A second by default.
   */
  readonly waitMs?: number;
}

const OPTIONS: OptionChecks<RepartitionOptions> = {
  key: required(columns, "['card']"),
  partitions: whole(1, PARTITIONS_MAX),
  topic: nonEmptyText,
  withoutKey: oneOfTexts(['dead-letter', 'pass']),
  order: oneOfTexts(['merged', 'arrival']),
  waitMs: duration({ zero: true }),
};

export interface RepartitionStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'repartition';
  readonly options: RepartitionOptions & { readonly partitions: number; readonly waitMs: number };
}

export function repartitionedTopic(topology: string, { topic }: Pick<RepartitionOptions, 'topic'>): string {
  return topic ?? `${topology}.repartitioned`;
}

/** The topic from which `topic` is merged. */
export function mergedBefore(topic: string): string {
  return `${topic}.unordered`;
}

/** The watermark at each row: as of the events that passed the watermarks stage, whether or not they were dropped since. */
class RowWatermarks {
  #atMs: number;

  constructor(restoredMs: number) {
    this.#atMs = restoredMs;
  }

  /** Of the live rows of `kept`, some of those of the batch. */
  of(kept: Batch): Float64Array {
    const { rows, eventTimeMs, admitted = rows } = kept;
    const watermarksMs = new Float64Array(rows.length);
    let at = 0;
    for (let i = 0; i < admitted.length; i++) {
      const row = admitted[i] as number;
      this.#atMs = Math.max(this.#atMs, eventTimeMs[row] as number);
      if (rows[at] === row) watermarksMs[at++] = this.#atMs;
    }
    return watermarksMs;
  }

  advance({ timeMs }: Watermark): void {
    this.#atMs = Math.max(this.#atMs, timeMs);
  }
}

class RepartitionMachine {
  readonly #id: string;
  readonly #keys: EntityKeys;
  readonly #passes: boolean;
  readonly #without: string;
  readonly #context: EngineStageContext;
  readonly #filter = new RowFilter();
  readonly #watermarks: RowWatermarks;
  readonly #topic: string;
  readonly #partitions: number;
  #keyBytes: KeyBytes;
  #generation = 0;

  constructor(id: string, options: RepartitionStage['options'], context: EngineStageContext) {
    const { key, partitions, withoutKey } = options;
    this.#id = id;
    this.#keys = new EntityKeys(key);
    this.#topic = repartitionedTopic(context.topology, options);
    this.#partitions = partitions;
    this.#keyBytes = new KeyBytes(partitions);
    this.#passes = withoutKey === 'pass';
    this.#without = `the event has no key to repartition by: ${key.join(', ')}`;
    this.#context = context;
    this.#watermarks = new RowWatermarks(context.restoredWatermarkMs);
  }

  watermark(watermark: Watermark): void {
    this.#watermarks.advance(watermark);
  }

  batch(batch: Batch): Batch {
    const { rows } = batch;
    this.#keys.bind(batch);
    if (this.#generation !== this.#keys.generation) {
      this.#generation = this.#keys.generation;
      this.#keyBytes = new KeyBytes(this.#partitions);
    }
    const keyBytes = this.#keyBytes;
    const ids = new Int32Array(rows.length);
    let count = 0;
    this.#filter.begin(batch);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const id = this.#keys.idOf(row);
      if (id !== NO_KEY) {
        this.#filter.keep(row);
        ids[count++] = id;
        if (id === keyBytes.count) keyBytes.add(this.#keys.nameOf(id));
      } else if (!this.#passes) this.#context.reject(batch, row, 'CONTRACT_NULL', this.#without);
    }
    const keyed = this.#filter.end(batch);
    if (count > 0)
      this.#context.repartitioned(
        keyed,
        keyBytes.of(ids.subarray(0, count)),
        this.#watermarks.of(keyed),
        this.#topic,
      );
    if (!this.#passes || keyed === batch) return keyed;
    const { telemetry, topology } = this.#context;
    telemetry.count('events_unkeyed_total', rows.length - count, { topology, stage: this.#id });
    return batch;
  }
}

/**
 * Forwards each event that reaches it to a topic of its own, keyed by columns: with the bytes and the time of its record in
 * the source, and its place there (`topic-partition-offset`) in the header `millrace-source`. A read_committed reader of
 * the topic finds each event once, in an order that depends on the source alone: see `order`. Values that a contract or a map
 * gives count for the key and are not in the bytes. Later stages get the events as well.
 * `repartitionedSource` makes it the source of another topology.
 * @example repartition({ key: ['tailnum'], partitions: 4 })
 */
export function repartition<const Key extends string>(
  options: RepartitionOptions<Key>,
): RepartitionStage<AnyRead<Key>>;
export function repartition<const Key extends string>(
  id: string,
  options: RepartitionOptions<Key>,
): RepartitionStage<AnyRead<Key>>;
export function repartition(
  first: string | RepartitionOptions,
  second: RepartitionOptions = { key: [] },
): RepartitionStage {
  const [id, given] = stageArguments('repartition', first, second);
  const checked = checkedOptions(given, OPTIONS);
  const { key = [], partitions = PARTITIONS_DEFAULT, waitMs = MERGE_WAIT_MS, ...others } = checked.options;
  const options = { ...others, key, partitions, waitMs };
  const topic = options.topic === undefined ? '' : ` to ${options.topic}`;
  const without = options.withoutKey === 'pass' ? '; without a key not' : '';
  const order = options.order === 'arrival' ? '; in the order of arrival' : '';
  const stage: RepartitionStage = {
    id,
    kind: 'repartition',
    summary: `by ${options.key.join(KEY_SEPARATOR)}${topic} over ${options.partitions} partitions${without}${order}`,
    declaration: {
      partitions,
      withoutKey: options.withoutKey ?? 'dead-letter',
      order: options.order ?? 'merged',
      waitMs,
    },
    reads: options.key.map((column) => anyColumn(column)),
    memoryMs: 0,
    options,
    open: (context): StageInstance => ({
      operator: syncOperator(new RepartitionMachine(id, options, context)),
    }),
  };
  return defined(stage, {
    given,
    options: OPTIONS,
    problems: checked.problems,
  });
}
