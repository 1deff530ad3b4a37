// The erasures of a topology, as their topic has them (control path).
import type { RawBatch } from '../../core/batch.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { ErasedRows } from './erased-rows.ts';
import {
  decodeErasure,
  type AppliedErasure,
  type ErasureRecord,
  type ErasureRequest,
} from './erasure-record.ts';

export class Erasures {
  /** By digest. */
  readonly #requests = new Map<string, ErasureRequest>();
  /** By partition and digest. */
  readonly #applied = new Map<string, AppliedErasure>();
  #revision = 0;

  /**
   * Grows with each request that was not known. Commands that run at the same time may write theirs in another order than
   * that of their sequences.
   */
  get revision(): number {
    return this.#revision;
  }

  /** Of the newest request; 0 without one. */
  get sequence(): number {
    let newest = 0;
    for (const { sequence } of this.#requests.values()) newest = Math.max(newest, sequence);
    return newest;
  }

  /** Takes records of the topic. */
  take({ origin, keys, values, offsets }: RawBatch, quarantine: Quarantine): void {
    for (const [i, value] of [...values].entries()) {
      if (value === null) continue;
      const record = decodeErasure(value, keys.at(i)?.toString('utf8') ?? '');
      if ('reason' in record) quarantine.add({ ...record, ...origin, offset: offsets[i] as number, value });
      else this.add(record);
    }
  }

  add(record: ErasureRecord): void {
    if (record.kind === 'applied') {
      this.#applied.set(appliedKey(record.partition, record.digest), record);
      return;
    }
    if (this.#requests.get(record.digest)?.sequence !== record.sequence) this.#revision += 1;
    this.#requests.set(record.digest, record);
  }

  /** What the owner of a partition did for a request; null before it has. */
  applied(partition: number, { digest, sequence }: ErasureRequest): AppliedErasure | null {
    const applied = this.#applied.get(appliedKey(partition, digest));
    return applied !== undefined && applied.sequence >= sequence ? applied : null;
  }

  request(digest: string): ErasureRequest | null {
    return this.#requests.get(digest) ?? null;
  }

  /**
   * The requests that are to be applied to a partition.
   * @param topicId of the source as it is now: offsets of an earlier topic of its name mean nothing
   * @param state up to which request the state has them applied; null without state
   */
  pending(partition: number, topicId: string | null, state: number | null): ErasureRequest[] {
    return [...this.#requests.values()].filter(
      (request) =>
        request.topicId === topicId &&
        (this.applied(partition, request) === null || (state !== null && state < request.sequence)),
    );
  }

  /** The events of a partition that are erased; null if there are none. */
  rowsOf(
    topology: string,
    column: string,
    { partition, topicId }: { readonly partition: number; readonly topicId: string | null },
  ): ErasedRows | null {
    const below = new Map<string, number>();
    for (const applied of this.#applied.values())
      if (applied.partition === partition && applied.topicId === topicId)
        below.set(applied.digest, applied.below);
    return below.size === 0 ? null : new ErasedRows(topology, column, below);
  }
}

function appliedKey(partition: number, digest: string): string {
  return `${partition}:${digest}`;
}
