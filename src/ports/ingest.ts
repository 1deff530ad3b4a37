// Port: the door through which a request brings events into the log (types only).

/** One event of a request, or why its part of the body is none. */
export interface SentRow {
  /** A JSON value; undefined if there is a reason. */
  readonly value: unknown;
  /** Line of the body, from 1 on; null if the body has no lines. */
  readonly line: number | null;
  /** Event time of an envelope, for an event whose column lacks it. */
  readonly time?: string;
  /** Why there is no value. */
  readonly reason?: string;
}

/** Why a row is not accepted. */
export interface RowFault {
  /** From 0 on. */
  readonly row: number;
  readonly line: number | null;
  /** Null if it concerns the row as a whole. */
  readonly column: string | null;
  /** A clause without a full stop. */
  readonly reason: string;
}

/** What makes a repeated request one with the first. */
export interface Idempotency {
  readonly key: string;
  /** Digest of what was sent: a key stands for one request. */
  readonly digest: string;
}

export interface SentRows {
  /** Asked for the first when it is the request's turn. What they throw is thrown by `write`. */
  readonly rows: Iterable<SentRow>;
  /** Bytes of the body: a small one is handled at once. */
  readonly bytes: number;
  /** Accepts the good rows; otherwise all rows or none. */
  readonly partial: boolean;
  /** Null: a repeated request is another one. */
  readonly idempotency: Idempotency | null;
}

/** Where rows of one partition are. Records of other producers may be between them. */
export interface WrittenRows {
  readonly partition: number;
  readonly rows: number;
  /** Of the first and the last of them; null if they are not known any more. */
  readonly firstOffset: number | null;
  readonly lastOffset: number | null;
}

export interface IngestResult {
  /**
   * `written`: the log has the accepted rows. `refused`: rows have faults, and none is in the log. `too_many`: there are more
   * rows than a request may have. `conflict`: the idempotency key is that of another request. `replaying`: the process still
   * reads a file into the topic.
   */
  readonly outcome: 'written' | 'refused' | 'too_many' | 'conflict' | 'replaying';
  readonly accepted: number;
  /** Rows with a fault. */
  readonly rejected: number;
  /** The first INGEST_FAULTS_MAX of them. */
  readonly faults: readonly RowFault[];
  readonly written: readonly WrittenRows[];
  /** Whether the log has them from an earlier request with the key. */
  readonly repeated: boolean;
}

export interface Ingest {
  /** The topic that events are written to: the source of the topology. */
  readonly topic: string;
  /**
   * Resolves when the log has the rows.
   * @throws an environment fault while the log, or the registry, does not answer: the rows may be in the log or not
   */
  write(sent: SentRows): Promise<IngestResult>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}
