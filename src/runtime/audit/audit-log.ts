// Writes the audit log (control path): one chain for all engines and commands of a topology. A writer opens the chain's
// transactional id, which fences every writer before it, reads the head of the chain and commits the next record together
// with the new head, which is the metadata of a group's offset. Of two that write at the same time one is fenced, and
// writes after the other.
import { isEnvironmentFault } from '../../core/faults.ts';
import { AUDIT_MS_MAX } from '../../core/audit-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { Audit, AuditRecord, Change } from '../../ports/audit.ts';
import type { RecordEncoder, SchemaCodec } from '../../ports/codec.ts';
import type { EpochWriter, EventLog } from '../../ports/event-log.ts';
import { retriesWithin } from '../../resilience/retries.ts';
import { auditSpec, auditTopic, groupOf } from '../../topology/topics.ts';
import { chained, headText, NO_RECORD, parseHead, type ChainHead } from './audit-chain.ts';
import { lastAudit, type AuditSource } from './read-audit.ts';

/** Short at first: another writer is done within some tens of milliseconds. */
const WAITS = { startMs: 20, maxMs: 1_000 };

/** The group whose offset has the head of the chain. It is the transactional id as well. */
export function auditGroup(topology: string): string {
  return `${groupOf(topology)}.audit`;
}

export interface AuditLogParts {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly nowMs: () => number;
}

export class AuditLog implements Audit {
  readonly #source: AuditSource;
  readonly #encoder: RecordEncoder<AuditRecord>;
  readonly #nowMs: () => number;
  /** Resolves after the record before: those of one process do not fence each other. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(source: AuditSource, encoder: RecordEncoder<AuditRecord>, nowMs: () => number) {
    this.#source = source;
    this.#encoder = encoder;
    this.#nowMs = nowMs;
  }

  /** Creates the topic if it does not exist. */
  static async open(topology: string, { log, codec, nowMs }: AuditLogParts): Promise<AuditLog> {
    const spec = auditSpec(topology);
    await log.ensureTopics([spec]);
    const subject = `${spec.topic}-value`;
    const decoder = await codec.decoder<AuditRecord>(subject);
    return new AuditLog({ topology, log, decoder }, await codec.encoder<AuditRecord>(subject), nowMs);
  }

  record(change: Change): Promise<void> {
    const atMs = this.#nowMs();
    const recorded = this.#turn.then(() => this.#append(change, atMs));
    this.#turn = recorded.catch(() => undefined);
    return recorded;
  }

  async #append(change: Change, atMs: number): Promise<void> {
    const policy = retriesWithin(AUDIT_MS_MAX, isEnvironmentFault, WAITS);
    let tried: string | null = null;
    await policy.execute(() =>
      this.#written(async (writer, head) => {
        // The attempt before was committed, and its acknowledgement lost.
        if (head.hash === tried) return;
        const record = chained(this.#source.topology, head, change, atMs);
        tried = record.hash;
        await this.#commit(writer, record);
      }),
    );
  }

  async #written(write: (writer: EpochWriter, head: ChainHead) => Promise<void>): Promise<void> {
    const { log, topology } = this.#source;
    const writer = await log.epochWriter(auditGroup(topology));
    try {
      await write(writer, await this.#head(writer));
    } finally {
      await writer.close();
    }
  }

  /**
   * Brokers forget the offsets of a group after some days: then the topic alone has the head. A record behind the one that the group
   * answers was written by something else, or the answer is outdated.
   */
  async #head(writer: EpochWriter): Promise<ChainHead> {
    const { topology, log } = this.#source;
    const place = auditPartition(topology);
    const answered = await writer.committed(auditGroup(topology), place);
    const head = parseHead(answered?.metadata ?? '');
    const last = await lastAudit(this.#source);
    if (last === null || (head !== null && head.sequence >= last.sequence)) return head ?? NO_RECORD;
    const recorded = await log.recordedOffset(auditGroup(topology), place, answered);
    return parseHead(recorded?.metadata ?? '') ?? last;
  }

  async #commit(writer: EpochWriter, record: AuditRecord): Promise<void> {
    const { topology, sequence, atMs } = record;
    const source = auditPartition(topology);
    // A key of its own: compaction, should someone set it, removes no record.
    const key = Buffer.from(String(sequence));
    writer.append(source.topic, [{ key, value: this.#encoder.encode(record), timestampMs: atMs }]);
    await writer.commit(auditGroup(topology), source, sequence, headText(record));
  }
}

/** Of the audit log. */
export function auditPartition(topology: string): TopicPartition {
  return { topic: auditTopic(topology), partition: 0 };
}
