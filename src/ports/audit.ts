// Port: the audit log, which has a record of every change that an operator would ask about.

/** What was done. A new kind of change is one line here. */
export type AuditAction =
  | 'start'
  | 'import'
  | 'export'
  | 'promotion'
  | 'rollback'
  | 'signing'
  | 'probe'
  | 'collection'
  | 'replay'
  | 'seed'
  | 'key-created'
  | 'key-revoked'
  | 'erasure';

/** Who makes a change, and from where. */
export interface Actor {
  /** An identity of the port, or the user of the operating system for a command. */
  readonly actor: string;
  /** An address for a request to the port, or host and process for a command. */
  readonly from: string;
}

export interface Change extends Actor {
  readonly action: AuditAction;
  /** What is changed: a topology, a model's version, the id of a key; never a secret or what is personal. */
  readonly subject: string;
  /** Plain data without secrets; null if there was nothing before. */
  readonly before: unknown;
  /** Plain data without secrets; null if there is nothing after it. */
  readonly after: unknown;
}

/** A record of the audit log, as its topic and its table have it. */
export interface AuditRecord extends Actor {
  readonly topology: string;
  /** Number of the record in its chain, from 1 without gaps. */
  readonly sequence: number;
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly action: string;
  readonly subject: string;
  /** JSON. */
  readonly before: string | null;
  readonly after: string | null;
  /** Hash of the record before it; empty for the first one. */
  readonly previous: string;
  /** SHA-256 of all other fields, hexadecimal. */
  readonly hash: string;
}

export interface Audit {
  /**
   * Resolves when the record is in the log. Call it before the change is made: a change that cannot be recorded is not
   * made.
   * @throws MillraceError of the log, after retries
   */
  record(change: Change): Promise<void>;
}
