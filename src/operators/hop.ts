// How features of other keys come to an event (types alone). A hop is a topic with the events by another key, and the part
// of the topology that reads it and answers each event to score with the features of that key.

/** A view whose features come by a hop. */
export interface HopView {
  readonly name: string;
  /** Where its features begin among those of an answer. */
  readonly at: number;
}

export interface Hop {
  /** The part's name, and the topic that it reads: `payments.by-merchant`. */
  readonly name: string;
  /** Columns of the topic's key. */
  readonly key: readonly string[];
  readonly views: readonly HopView[];
  /** Columns of an event that its views read, those of the key among them: what its topic has, beside event time. */
  readonly columns: readonly string[];
  /** Features of an answer. */
  readonly width: number;
  /** Of its views' declaration: an answer to another one is of no use. */
  readonly fingerprint: number;
  /** Of its topic. */
  readonly partitions: number;
}

/** Where one part of a topology stands among the others. */
export interface Part {
  /**
   * `front` sends the events to the hops, `entity` answers those of one hop, and `main` is the topology itself, which waits
   * for the answers.
   */
  readonly role: 'front' | 'entity' | 'main';
  /** The topology that it is a part of. */
  readonly topology: string;
  /** The topic of its source. */
  readonly source: string;
  /** The topic of the answers, with the partitions of the source. */
  readonly answers: string;
  /** All hops; of an entity part its own alone. */
  readonly hops: readonly Hop[];
}

/** Where events are in the source, by row of a RawBatch; partition -1 for a record that no front has sent of this topic. */
export interface EventPlaces {
  /** Of the source's topic; null if the log has no ids. */
  readonly topicId: string | null;
  readonly partitions: Int32Array;
  readonly offsets: Float64Array;
}

/** Answers to the events of one partition. A hop is named by its index. */
export interface FeatureAnswers {
  /** No answer to an event before this offset is needed any more. */
  passed(offset: number): void;
  /** Resolves when there is an answer to each of these events, ascending. Undefined if there is already. */
  ready(hop: number, offsets: Float64Array): Promise<void> | undefined;
  /**
   * Copies features [from, from + width) of an answer.
   * @returns whether there is one with features: they cannot be had any more otherwise
   */
  read(hop: number, offset: number, from: number, width: number, out: Float32Array, at: number): boolean;
  /** The offset in the topic of the answers from which those of the events from `offset` on can be read. */
  position(offset: number): number;
  /** Reads from a position, instead of the first answer. */
  seek(position: number): void;
  /** Nothing is needed any more. */
  close(): void;
}
