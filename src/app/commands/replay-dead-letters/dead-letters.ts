// Puts dead letters back into the topic that they came from (control path): each once, however often the replay runs and
// whichever letters it selects. One transaction has the records, a marker for each and the group's offset; a second
// replay of the same topology fences the first.
import { predictionId as recordId } from '../../../core/blocks.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { REPLAY_CHUNK_EVENTS_MAX } from '../../../core/log-limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { RecordEncoder, SchemaCodec } from '../../../ports/codec.ts';
import type { EpochWriter, EventLog, LogRecord } from '../../../ports/event-log.ts';
import type { Quarantine, RecordFault } from '../../../ports/quarantine.ts';
import { letterFault } from '../../../runtime/commit/letter-fault.ts';
import { NO_QUARANTINE } from '../../../runtime/quarantine/record-quarantine.ts';
import { outOfRange, OwnRecords } from '../../../runtime/own-records.ts';
import type { RecordOpener } from '../../../runtime/personal/record-seal.ts';
import type { DeadLetterRecord, ReplayedLetterRecord } from '../../../runtime/records.ts';
import { rangesOf, type OffsetRange } from '../../../resilience/topic-ranges.ts';
import type { Topology } from '../../../topology/define.ts';
import { openedLetter } from '../../compose/sealed-letters.ts';
import { isChosen, type LetterChoice } from '../dead-letters/read-letters.ts';
import { wholeLetter } from './whole-letter.ts';
import { groupOf, replayedLettersSpec, topicsOf } from '../../../topology/topics.ts';

/** Returns the bytes to put back, or null to leave the letter for a later replay. */
export type Transform = (letter: DeadLetterRecord) => Buffer | null | Promise<Buffer | null>;

export interface ReplayChoice extends LetterChoice {
  /** Null puts back the original bytes. */
  readonly transform: Transform | null;
  /** Writes nothing. */
  readonly dryRun: boolean;
}

/** Offsets that the source may have lost: a letter may be of a topic of its name that was deleted. */
const RECREATED_OFFSETS_MAX = 1e11;

/** Codes of letters that have no bytes. */
const WITHOUT_BYTES: ReadonlySet<string> = new Set<ErrorCode>(['BATCH_UNREADABLE', 'BATCH_TOO_LARGE']);

export interface ReplayCounts {
  putBack: number;
  /** Put back by an earlier replay. */
  before: number;
  /** Not selected, or left by the transform module. */
  left: number;
}

export class DeadLetterReplay {
  readonly #log: EventLog;
  readonly #codec: SchemaCodec;
  readonly #topology: Topology;
  readonly #quarantine: Quarantine;
  readonly #choice: ReplayChoice;
  /** Null if letters are not sealed. */
  readonly #opener: RecordOpener | null;
  readonly #replayed = new Set<string>();
  readonly #counts = new Map<string, ReplayCounts>();
  /** Of the source, by partition. */
  #sourceEnds: readonly number[] = [];

  /** @param quarantine receives what is no dead letter of the topology's source: nothing else is put back */
  constructor(
    log: EventLog,
    codec: SchemaCodec,
    topology: Topology,
    choice: ReplayChoice,
    quarantine: Quarantine = NO_QUARANTINE,
    opener: RecordOpener | null = null,
  ) {
    this.#log = log;
    this.#codec = codec;
    this.#topology = topology;
    this.#choice = choice;
    this.#quarantine = quarantine;
    this.#opener = opener;
  }

  /** Counts by code. @throws LOG_FAILED, or FENCED if another replay has started since */
  async run(): Promise<ReadonlyMap<string, ReplayCounts>> {
    const { deadLetters, source } = topicsOf(this.#topology);
    const markers = replayedLettersSpec(this.#topology.name);
    const ends = await rangesOf(this.#log, deadLetters);
    this.#sourceEnds = (await rangesOf(this.#log, source)).map(({ high }) => high);
    if (!this.#choice.dryRun) await this.#log.ensureTopics([markers]);
    // Fences older replays before reading their markers, so that they cannot add any afterwards.
    const writers = await Promise.all(ends.map((_, partition) => this.#openWriter(partition)));
    try {
      await this.#readMarkers(markers.topic);
      const encoder = await this.#codec.encoder<ReplayedLetterRecord>(`${markers.topic}-value`);
      const decoder = await this.#codec.decoder<DeadLetterRecord>(`${deadLetters}-value`);
      const records = new OwnRecords(decoder, (letter) => this.#faultOf(letter), this.#quarantine);
      for (const [partition, { low, high }] of ends.entries()) {
        const from = { topic: deadLetters, partition, low, high };
        await this.#replay(from, records, { writer: writers[partition] ?? null, encoder });
      }
    } finally {
      for (const writer of writers) await writer?.close();
    }
    return this.#counts;
  }

  async #openWriter(partition: number): Promise<EpochWriter | null> {
    if (this.#choice.dryRun) return null;
    return this.#log.epochWriter(`${this.#groupId}-${partition}`);
  }

  get #groupId(): string {
    return `${groupOf(this.#topology.name)}.replay-dead-letters`;
  }

  async #readMarkers(topic: string): Promise<void> {
    const [range] = await rangesOf(this.#log, topic); // a dry run does not create it
    if (range === undefined) return;
    for await (const raw of this.#log.read(topic, 0, range.low, range.high)) {
      for (const key of raw.keys) if (key !== null) this.#replayed.add(key.toString());
    }
  }

  async #replay(
    { topic, partition, low, high }: TopicPartition & OffsetRange,
    records: OwnRecords<DeadLetterRecord>,
    to: { readonly writer: EpochWriter | null; readonly encoder: RecordEncoder<ReplayedLetterRecord> },
  ): Promise<void> {
    let pending = 0;
    let position = low;
    const commit = async (): Promise<void> => {
      if (to.writer !== null && pending > 0)
        await to.writer.commit(this.#groupId, { topic, partition }, position);
      pending = 0;
    };
    for await (const raw of this.#log.read(topic, partition, low, high)) {
      for (let row = 0; row < raw.count; row += 1) {
        const letter = await records.read(raw, row);
        const putBack = letter === null ? null : await this.#chosen(letter);
        if (putBack === null) continue;
        pending += 1;
        if (to.writer !== null) this.#append(to.writer, to.encoder, putBack);
      }
      position = raw.offsetNext;
      if (pending >= REPLAY_CHUNK_EVENTS_MAX) await commit();
    }
    await commit();
  }

  #faultOf(letter: DeadLetterRecord): RecordFault | null {
    const fault = letterFault(topicsOf(this.#topology).source, letter);
    if (fault !== null) return fault;
    const { partition, offset } = letter;
    const end = this.#sourceEnds[partition];
    if (end !== undefined && offset < end + RECREATED_OFFSETS_MAX) return null;
    return outOfRange(`the source never had offset ${offset} in partition ${partition}`);
  }

  /** The letter with the bytes to put back; null to leave it. */
  async #chosen(letter: DeadLetterRecord): Promise<DeadLetterRecord | null> {
    const counts = this.#counts.get(letter.code) ?? { putBack: 0, before: 0, left: 0 };
    this.#counts.set(letter.code, counts);
    const id = recordId(letter, letter.offset);
    if (this.#replayed.has(id)) {
      counts.before += 1;
      return null;
    }
    const putBack = isChosen(letter, this.#choice) ? await this.#toPutBack(letter) : null;
    if (putBack === null) {
      counts.left += 1;
      return null;
    }
    counts.putBack += 1;
    this.#replayed.add(id); // an engine may have written a dead letter twice
    return putBack;
  }

  /** Null if its bytes are lost, cannot be opened any more, or the transform module leaves it. */
  async #toPutBack(letter: DeadLetterRecord): Promise<DeadLetterRecord | null> {
    const whole = openedLetter(this.#opener, await wholeLetter(this.#log, letter, this.#opener));
    if (whole === null) return null;
    const { transform } = this.#choice;
    if (transform !== null) {
      const value = await transform(whole);
      return value === null ? null : { ...whole, value };
    }
    // To put back a record without a value would be another event.
    return WITHOUT_BYTES.has(letter.code) || whole.cut !== null ? null : whole;
  }

  /** Appends to the original partition, where the events of its key are. */
  #append(writer: EpochWriter, encoder: RecordEncoder<ReplayedLetterRecord>, letter: DeadLetterRecord): void {
    const { topic, partition, offset, key, value, timestampMs } = letter;
    const record: LogRecord = { key, value, timestampMs, partition };
    writer.append(topic, [record]);
    const replayedAtMs = Date.now();
    const marker = encoder.encode({ topic, partition, offset, replayedAtMs });
    const markerKey = Buffer.from(recordId(letter, offset));
    writer.append(replayedLettersSpec(this.#topology.name).topic, [
      { key: markerKey, value: marker, timestampMs: replayedAtMs },
    ]);
  }
}
