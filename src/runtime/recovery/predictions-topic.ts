// Reads the predictions topic back (control path). A partition is in the order of its source's offsets, so bisection finds
// an offset. Any program with access to the topic may have written to it: what is no prediction of this source's partition
// is skipped.
import { parsePredictionId } from '../../core/blocks.ts';
import { isInstant } from '../../core/time.ts';
import type { RawBatch } from '../../core/batch.ts';
import type { RecordDecoder, SchemaCodec } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine, RecordFault } from '../../ports/quarantine.ts';
import type { TopologyTopics } from '../../topology/topics.ts';
import { newestIn } from '../newest-in.ts';
import { OwnRecords, untransactedFault } from '../own-records.ts';
import { openPredictionDecoder } from '../prediction-decoder.ts';
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

/** Records that are decoded in some milliseconds. */
const ROWS_PER_PAUSE = 128;

/** A prediction's flags are one byte. */
const FLAGS_MAX = 255;

type PredictionTopics = Pick<TopologyTopics, 'source' | 'predictions' | 'predictionSchema'>;

export class PredictionsTopic {
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #source: string;
  readonly #records: OwnRecords<PredictionRecord>;
  /** End of each partition of the source, looked up for records below `to` of this topic: no later event has one of them. */
  readonly #ends = new Map<number, { readonly to: number; readonly end: number }>();
  readonly #starts = new Map<number, number>();

  static async open(
    log: EventLog,
    topics: PredictionTopics,
    codec: SchemaCodec,
    quarantine: Quarantine,
  ): Promise<PredictionsTopic> {
    return new PredictionsTopic(log, topics, await openPredictionDecoder(codec, topics), quarantine);
  }

  constructor(
    log: EventLog,
    { source, predictions }: PredictionTopics,
    decoder: RecordDecoder<PredictionRecord>,
    quarantine: Quarantine,
  ) {
    this.#log = log;
    this.#topic = predictions;
    this.#source = source;
    this.#records = new OwnRecords(decoder, predictionFault, quarantine);
  }

  /** Records of a partition before `offset` are left out: they are of another topic that had the source's name. */
  startAt(partition: number, offset: number): void {
    this.#starts.set(partition, offset);
  }

  async range(partition: number): Promise<{ readonly low: number; readonly high: number }> {
    const { low, high } = (await this.#log.offsets(this.#topic))[partition] ?? { low: 0, high: 0 };
    return { low: Math.max(low, this.#starts.get(partition) ?? 0), high };
  }

  /**
   * Committed predictions at offsets [from, to) of this topic. Ends early at a transaction that is still open.
   * @param pause awaited every so many records: a reader beside a running engine lets others go on
   */
  async *read(
    partition: number,
    from: number,
    to: number,
    pause: () => Promise<void> = () => Promise.resolve(),
  ): AsyncGenerator<FoundPrediction[]> {
    let rows = 0;
    for await (const raw of this.#log.read(this.#topic, partition, from, to)) {
      const found: FoundPrediction[] = [];
      for (let row = 0; row < raw.count; row += 1) {
        const one = await this.#found(raw, row, to);
        if (one !== null) found.push(one);
        rows += 1;
        if (rows % ROWS_PER_PAUSE === 0) await pause();
      }
      yield found;
    }
  }

  /** Null for a record that is no prediction of this partition. */
  async #found(raw: RawBatch, row: number, to: number): Promise<FoundPrediction | null> {
    const record = await this.#recordOf(raw, row);
    const offset = record === null ? null : await this.#eventOf(record, raw, row, to);
    return record === null || offset === null ? null : { at: raw.offsets[row] as number, offset, record };
  }

  /** An engine writes predictions in the transaction of their epoch: no other record can be one, whatever it says. */
  async #recordOf(raw: RawBatch, row: number): Promise<PredictionRecord | null> {
    const record = await this.#records.read(raw, row);
    const fault = record === null ? null : untransactedFault(raw, row);
    if (fault === null) return record;
    this.#records.refuse(raw, row, fault);
    return null;
  }

  /** The offset of the record's event; null if this partition of the source has no such event. */
  async #eventOf({ id }: PredictionRecord, raw: RawBatch, row: number, to: number): Promise<number | null> {
    const event = parsePredictionId(id);
    const { partition } = raw.origin;
    const isOurs = event?.topic === this.#source && event.partition === partition;
    if (isOurs && (await this.#has(partition, event.offset, to))) return event.offset;
    const detail = `its id is ${JSON.stringify(id.slice(0, ID_LENGTH_MAX))}`;
    this.#records.refuse(raw, row, { reason: isOurs ? 'range' : 'foreign', detail });
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

  /** The source offset of the newest committed prediction; null if there is none. */
  async last(partition: number): Promise<number | null> {
    return newestIn(await this.range(partition), async (from, to) => {
      let last: number | null = null;
      for await (const found of this.read(partition, from, to)) last = found.at(-1)?.offset ?? last;
      return last;
    });
  }

  /** The source offset of the first prediction at or after an offset of this topic; null if there is none. */
  async #firstFrom(partition: number, from: number, to: number): Promise<number | null> {
    for await (const raw of this.#log.read(this.#topic, partition, from, to)) {
      for (let row = 0; row < raw.count; row += 1) {
        const found = await this.#found(raw, row, to);
        if (found !== null) return found.offset;
      }
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

function predictionFault({ eventTime, flags }: PredictionRecord): RecordFault | null {
  if (isInstant(eventTime) && flags >= 0 && flags <= FLAGS_MAX) return null;
  return { reason: 'range', detail: `its event time is ${eventTime}, its flags are ${flags}` };
}
