// Reads the API keys of a topology from their topic and follows it (control path), so that a fleet agrees.
import type { RawBatch } from '../../../core/batch.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { CredentialVerifier } from '../../../ports/identity.ts';
import type { Quarantine } from '../../../ports/quarantine.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import { FollowedTopic, readTopic } from '../../../resilience/followed-topic.ts';
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
  await readTopic(parts.log, apiKeysTopic(parts.topology), (raw) => take(ring, raw, parts));
  return ring;
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

/** Follows the topic until it is closed. */
export class FollowedKeys extends KeyRing implements CredentialVerifier {
  #topic: FollowedTopic | null = null;

  /** Resolves when every key that the topic has now is known. The topic must exist. */
  static async open(parts: KeyTopicParts): Promise<FollowedKeys> {
    const { log, telemetry } = parts;
    const followed = new FollowedKeys(parts.nowMs);
    followed.#topic = await FollowedTopic.open({
      topic: apiKeysTopic(parts.topology),
      log,
      telemetry,
      take: (raw) => take(followed, raw, parts),
    });
    return followed;
  }

  async close(): Promise<void> {
    this.#topic?.close();
  }
}
