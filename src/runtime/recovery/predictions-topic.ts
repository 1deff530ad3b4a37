// Reads the predictions topic back (control path). A partition is in the order of its source's offsets, so bisection finds
// an offset. Any program with access to the topic may have written to it: what is no prediction of this source's partition
// is skipped.
import { parsePredictionId } from '../../core/blocks.ts';
import type { RecordDecoder, SchemaCodec } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import { readOwn } from '../own-records.ts';
import type { PredictionRecord } from '../records.ts';

export interface FoundPrediction {
  /** Offset of its record in the predictions topic. */
  readonly at: number;
  /** Offset of the event in the source. */
  readonly offset: number;
  readonly record: PredictionRecord;
}

/** Characters of a foreign id that a report shows. */
const ID_LENGTH_MAX = 100;

type PredictionTopics = Pick<TopologyTopics, 'source' | 'predictions'>;

/** Offsets that are read first for the newest prediction: the last ones may be markers, or aborted. */
const LAST_SPAN_MIN = 64;

export class PredictionsTopic {
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #source: string;
  readonly #decoder: RecordDecoder<PredictionRecord>;
  readonly #telemetry: Telemetry | null;
  /** End of each partition of the source, looked up for records below `to` of this topic: no later event has one of them. */
  readonly #ends = new Map<number, { readonly to: number; readonly end: number }>();
  readonly #starts = new Map<number, number>();

  static async open(
    log: EventLog,
    topics: PredictionTopics,
    codec: SchemaCodec,
    telemetry: Telemetry | null = null,
  ): Promise<PredictionsTopic> {
    const decoder = await codec.decoder<PredictionRecord>(`${topics.predictions}-value`);
    return new PredictionsTopic(log, topics, decoder, telemetry);
  }

  constructor(
    log: EventLog,
    { source, predictions }: PredictionTopics,
    decoder: RecordDecoder<PredictionRecord>,
    telemetry: Telemetry | null = null,
  ) {
    this.#log = log;
    this.#topic = predictions;
    this.#source = source;
    this.#decoder = decoder;
    this.#telemetry = telemetry;
  }

  /** Records of a partition before `offset` are left out: they are of another topic that had the source's name. */
  startAt(partition: number, offset: number): void {
    this.#starts.set(partition, offset);
  }

  async range(partition: number): Promise<{ readonly low: number; readonly high: number }> {
    const { low, high } = (await this.#log.offsets(this.#topic))[partition] ?? { low: 0, high: 0 };
    return { low: Math.max(low, this.#starts.get(partition) ?? 0), high };
  }

  /** Committed predictions at offsets [from, to) of this topic. Ends early at a transaction that is still open. */
  async *read(partition: number, from: number, to: number): AsyncGenerator<FoundPrediction[]> {
    for await (const raw of this.#log.read(this.#topic, partition, from, to)) {
      const found: FoundPrediction[] = [];
      for (const [i, value] of [...raw.values].entries()) {
        if (value === null) continue;
        const record = await readOwn(this.#decoder, value, (why) => this.#skip(partition, why));
        const offset = record === null ? null : await this.#eventOf(record, partition, to);
        if (record !== null && offset !== null) found.push({ at: raw.offsets[i] as number, offset, record });
      }
      yield found;
    }
  }

  /** The offset of the record's event; null if this partition of the source has no such event. */
  async #eventOf({ id }: PredictionRecord, partition: number, to: number): Promise<number | null> {
    const event = parsePredictionId(id);
    if (
      event?.topic === this.#source &&
      event.partition === partition &&
      (await this.#has(partition, event.offset, to))
    )
      return event.offset;
    this.#skip(partition, `a prediction has the id ${JSON.stringify(id.slice(0, ID_LENGTH_MAX))}`);
    return null;
  }

  /** @param to the records of this topic below it are written, the one in question among them, and so are their events */
  async #has(partition: number, offset: number, to: number): Promise<boolean> {
    const known = this.#ends.get(partition);
    if (known !== undefined && (offset < known.end || to <= known.to)) return offset < known.end;
    const end = (await this.#log.offsets(this.#source))[partition]?.high ?? 0;
    this.#ends.set(partition, { to, end });
    return offset < end;
  }

  #skip(partition: number, why: string): void {
    this.#telemetry?.count('records_skipped_total', 1, { topic: this.#topic });
    this.#telemetry?.raise('records_skipped', `${this.#topic}-${partition}`, why);
  }

  /** The source offset of the newest committed prediction; null if there is none. */
  async last(partition: number): Promise<number | null> {
    const { low, high } = await this.range(partition);
    let span = LAST_SPAN_MIN;
    for (let to = high; to > low; to -= span, span *= 4) {
      let last: number | null = null;
      for await (const found of this.read(partition, Math.max(low, to - span), to))
        last = found.at(-1)?.offset ?? last;
      if (last !== null) return last;
    }
    return null;
  }

  /** The source offset of the first prediction at or after an offset of this topic; null if there is none. */
  async #firstFrom(partition: number, from: number, to: number): Promise<number | null> {
    for await (const found of this.read(partition, from, to)) {
      if (found[0] !== undefined) return found[0].offset;
    }
    return null;
  }

  /** The offset in this topic at which the predictions of source offsets after `afterOffset` start. */
  async seek(partition: number, afterOffset: number): Promise<number> {
    let { low, high } = await this.range(partition);
    const end = high;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const offset = await this.#firstFrom(partition, middle, end);
      if (offset === null || offset > afterOffset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
