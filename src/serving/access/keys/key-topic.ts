// Reads the API keys of a topology from their topic and follows it (control path), so that a fleet agrees.
import type { Subscription } from 'rxjs';
import type { RawBatch } from '../../../core/batch.ts';
import { messageOf } from '../../../core/errors.ts';
import { RESTART_MS_MAX } from '../../../core/limits.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { CredentialVerifier } from '../../../ports/identity.ts';
import type { Quarantine } from '../../../ports/quarantine.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import { apiKeysTopic } from '../../../topology/topics.ts';
import { decodeKeyRecord } from './key-record.ts';
import { KeyRing } from './key-ring.ts';

export interface KeySource {
  readonly topology: string;
  readonly log: EventLog;
  readonly quarantine: Quarantine;
  /** Wall clock, ms. */
  readonly nowMs: () => number;
}

export interface KeyTopicParts extends KeySource {
  readonly telemetry: Pick<Telemetry, 'raise' | 'clear'>;
}

/** The keys that the topic has now; none if it does not exist. */
export async function readKeys(parts: KeySource): Promise<KeyRing> {
  const ring = new KeyRing(parts.nowMs);
  await readInto(ring, parts);
  return ring;
}

/** Adds what the topic has to a ring; returns the end of it. */
async function readInto(ring: KeyRing, parts: KeySource): Promise<number> {
  const { log, topology } = parts;
  const topic = apiKeysTopic(topology);
  if (!(await log.partitionCounts([topic])).has(topic)) return 0;
  const [{ low, high } = { low: 0, high: 0 }] = await log.offsets(topic);
  for await (const raw of log.read(topic, 0, low, high)) take(ring, raw, parts);
  return high;
}

function take(ring: KeyRing, { values, keys, offsets }: RawBatch, { topology, quarantine }: KeySource): void {
  for (const [i, value] of [...values].entries()) {
    const key = keys.at(i)?.toString('utf8') ?? '';
    if (value === null) {
      ring.remove(key);
      continue;
    }
    const record = decodeKeyRecord(value, key, topology);
    const fault = 'reason' in record ? record : ring.put(record);
    if (fault !== null)
      quarantine.add({
        ...fault,
        topic: apiKeysTopic(topology),
        partition: 0,
        offset: offsets[i] as number,
        value,
      });
  }
}

/** Follows the topic until it is closed. While the log cannot be read, the keys stay as they were. */
export class FollowedKeys extends KeyRing implements CredentialVerifier {
  readonly #parts: KeyTopicParts;
  #subscription: Subscription | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(parts: KeyTopicParts) {
    super(parts.nowMs);
    this.#parts = parts;
  }

  /** Resolves when every key that the topic has now is known. The topic must exist. */
  static async open(parts: KeyTopicParts): Promise<FollowedKeys> {
    const followed = new FollowedKeys(parts);
    followed.#follow(await readInto(followed, parts));
    return followed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #follow(from: number): void {
    const { log, topology, telemetry } = this.#parts;
    const topic = apiKeysTopic(topology);
    this.#subscription = log.tail(topic, from).subscribe({
      next: (raw) => {
        take(this, raw, this.#parts);
        telemetry.clear('log_unavailable', topic);
      },
      error: (error: unknown) => this.#retryLater(error),
    });
  }

  /** Reads the topic again from its start: records may have been compacted meanwhile. */
  async #resume(): Promise<void> {
    try {
      const end = await readInto(this, this.#parts);
      if (this.#isClosed) return;
      this.#parts.telemetry.clear('log_unavailable', apiKeysTopic(this.#parts.topology));
      this.#follow(end);
    } catch (error) {
      if (!this.#isClosed) this.#retryLater(error);
    }
  }

  #retryLater(error: unknown): void {
    const { telemetry, topology } = this.#parts;
    telemetry.raise('log_unavailable', apiKeysTopic(topology), messageOf(error));
    this.#retry = setTimeout(() => void this.#resume(), RESTART_MS_MAX).unref();
  }
}
