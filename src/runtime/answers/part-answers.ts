// What the front and the entity parts of a topology answer, written with their epochs (hot path, once a batch).
import type { Batch, RawBatch } from '../../core/batch.ts';
import type { Part } from '../../operators/hop.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EpochWriter } from '../../ports/event-log.ts';
import type { EpochCounts } from '../commit/epoch-counts.ts';
import { AnswerRows } from './answer-rows.ts';
import type { EventPlacesReader } from './event-places.ts';

interface AnsweringParts {
  readonly topology: string;
  readonly part?: Part | undefined;
  readonly places?: Pick<EventPlacesReader, 'of' | 'topicId'> | null;
  /** Of the topic that the part reads. */
  readonly topicId?: string | null;
  readonly counts: Pick<EpochCounts, 'count'>;
  readonly nowMs: () => number;
}

export class PartAnswers {
  readonly #parts: AnsweringParts;
  readonly #part: Part;
  readonly #rows: AnswerRows;
  readonly #committedBelow: number;

  constructor(parts: AnsweringParts, part: Part, committedBelow: number) {
    this.#parts = parts;
    this.#part = part;
    this.#rows = new AnswerRows(committedBelow);
    this.#committedBelow = committedBelow;
  }

  add(batch: Batch): void {
    const { places, counts, topology } = this.#parts;
    const [hop] = this.#part.hops;
    if (hop === undefined || places === undefined || places === null) return;
    counts.count('answers_total', this.#rows.add(hop, batch, places.of(batch.raw)), { topology });
  }

  /** The part sets an event aside: the topology itself does so too, or must not wait for its features. */
  refused(raw: RawBatch, index: number): void {
    const { places } = this.#parts;
    const [hop] = this.#part.hops;
    if (hop === undefined || places === undefined || places === null) return;
    this.#rows.missingAt(hop, raw, index, places.of(raw));
  }

  /** The topic of a hop does not accept a row. @param place of it in the source */
  notSent(topic: string, { partition }: TopicPartition, place: number): void {
    const hop = this.#part.hops.find(({ name }) => name === topic);
    if (hop !== undefined && place >= this.#committedBelow) this.#rows.missing(hop, partition, place);
  }

  write(writer: Pick<EpochWriter, 'append'>): void {
    const { places, topicId = null, nowMs } = this.#parts;
    // An entity part reads the topic of a hop, and answers the events of the source.
    const sourceId = this.#part.role === 'entity' ? (places?.topicId ?? null) : topicId;
    const records = this.#rows.take(nowMs(), sourceId);
    if (records.length > 0) writer.append(this.#part.answers, records);
  }
}

/** Null for a topology that is no part, or waits for the answers. */
export function partAnswers(parts: AnsweringParts, committedBelow: number): PartAnswers | null {
  const { part } = parts;
  return part === undefined || part.role === 'main' ? null : new PartAnswers(parts, part, committedBelow);
}
