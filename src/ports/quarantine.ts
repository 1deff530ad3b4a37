// Port: what is done with records and files of Millrace's own that cannot be what an engine wrote (types only).

/** Why a record is quarantined: a closed set, as it labels a metric. */
export type QuarantineReason =
  /** Bytes that are no such record. */
  | 'malformed'
  /** A schema or a layout that this version does not know. */
  | 'version'
  /** Of another topology, source or partition. */
  | 'foreign'
  /** A number, a time or a name that no engine writes. */
  | 'range'
  /** It is larger, or expands to more, than an engine writes. */
  | 'too_large';

/** What is wrong with a record, for its reader. */
export interface RecordFault {
  readonly reason: QuarantineReason;
  /** One clause, for the operator: `its boundary is at 1e16`. */
  readonly detail: string;
}

export interface QuarantinedRecord extends RecordFault {
  /** A topic, or the path of a file. */
  readonly topic: string;
  /** Null for a file. */
  readonly partition: number | null;
  readonly offset: number | null;
  readonly value: Uint8Array | null;
}

export interface Quarantine {
  /**
   * Reports a record that its reader leaves out: a log line, a metric and a record of `<topology>.quarantine`. Returns at
   * once and never throws; reading goes on. A record that is read again is reported once by each process.
   */
  add(record: QuarantinedRecord): void;
}
