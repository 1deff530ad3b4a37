// What became of the events (control path): predictions and dead letters read back from Kafka and decoded by avsc.
import { join } from 'node:path';
import { parsePredictionId } from '../../src/core/blocks.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { readTopics } from '../fleet/read-topics.ts';
import type { Expected } from './events.ts';
import { typeOf } from './oracle.ts';
import { malformedTopology } from './topology.ts';

const SCHEMAS = join(import.meta.dirname, '..', '..', 'schemas', 'millrace');
const FRAME_BYTES = 5;

interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer | null;
  readonly code: string;
}

export interface MalformedOutcome {
  readonly good: number;
  readonly bad: number;
  /** By what each event should have become: how many did not, and how many did more than once. */
  readonly predictions: { readonly lost: number; readonly doubled: number };
  readonly deadLetters: { readonly lost: number; readonly doubled: number };
  /** Predictions of bad events, dead letters of good ones, and what names no event. */
  readonly misplaced: number;
  /** Dead letters with other bytes than their event's. */
  readonly changed: number;
  /** Records of the late topic. */
  readonly late: number;
  readonly byCode: Readonly<Record<string, number>>;
  readonly readBy: string;
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

/** How often each event was met, by where it stood. */
class Met {
  readonly #events: ReadonlyArray<readonly Expected[]>;
  readonly #isGood: boolean;
  readonly #counts: readonly Uint8Array[];
  misplaced = 0;

  constructor(events: ReadonlyArray<readonly Expected[]>, isGood: boolean) {
    this.#events = events;
    this.#isGood = isGood;
    this.#counts = events.map(({ length }) => new Uint8Array(length));
  }

  /** The event, where it is one that belongs here. */
  add(topic: string, partition: number, offset: number): Expected | null {
    const event = topic === malformedTopology.source.topic ? this.#events[partition]?.[offset] : undefined;
    const counts = this.#counts[partition];
    if (event === undefined || counts === undefined || event.isGood !== this.#isGood) {
      this.misplaced += 1;
      return null;
    }
    counts[offset] = Math.min(255, (counts[offset] as number) + 1);
    return event;
  }

  result(): { lost: number; doubled: number } {
    let lost = 0;
    let doubled = 0;
    for (const [partition, events] of this.#events.entries()) {
      for (const [offset, { isGood }] of events.entries()) {
        if (isGood !== this.#isGood) continue;
        const count = this.#counts[partition]?.[offset] ?? 0;
        if (count === 0) lost += 1;
        else doubled += count - 1;
      }
    }
    return { lost, doubled };
  }
}

export async function readMalformed(
  brokers: readonly string[],
  events: ReadonlyArray<readonly Expected[]>,
): Promise<MalformedOutcome> {
  const topics = topicsOf(malformedTopology);
  const prediction = typeOf(join(SCHEMAS, 'predictions.avsc'));
  const deadLetter = typeOf(join(SCHEMAS, 'dead-letters.avsc'));
  const predicted = new Met(events, true);
  const rejected = new Met(events, false);
  const byCode: Record<string, number> = {};
  let changed = 0;
  let late = 0;
  const wanted = [topics.predictions, topics.deadLetters, topics.late];
  const readBy = await readTopics(brokers, wanted, ({ topic, value }) => {
    const bytes = value?.subarray(FRAME_BYTES) ?? Buffer.alloc(0);
    if (topic === topics.late) late += 1;
    else if (topic === topics.predictions) {
      const { id } = prediction.fromBuffer(bytes) as { id: string }; // its schema has it
      const at = parsePredictionId(id);
      predicted.add(at?.topic ?? '', at?.partition ?? -1, at?.offset ?? -1);
    } else {
      const letter = deadLetter.fromBuffer(bytes) as DeadLetter; // its schema has them
      const event = rejected.add(letter.topic, letter.partition, letter.offset);
      if (event !== null && !isSame(event.value, letter.value)) changed += 1;
      byCode[letter.code] = (byCode[letter.code] ?? 0) + 1;
    }
  });
  const good = events.reduce((sum, partition) => sum + partition.filter(({ isGood }) => isGood).length, 0);
  return {
    good,
    bad: events.reduce((sum, partition) => sum + partition.length, 0) - good,
    predictions: predicted.result(),
    deadLetters: rejected.result(),
    misplaced: predicted.misplaced + rejected.misplaced,
    changed,
    late,
    byCode,
    readBy,
  };
}
