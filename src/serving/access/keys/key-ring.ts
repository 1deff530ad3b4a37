// The API keys of a topology (control path), as its topic has them: a credential of the port.
import { KEYS_MAX } from '../../../core/port-limits.ts';
import type { CredentialVerifier, Identity } from '../../../ports/identity.ts';
import type { RecordFault } from '../../../ports/quarantine.ts';
import { isKey, keyIdOf } from './api-key.ts';
import type { KeyRecord } from './key-record.ts';

export class KeyRing implements Omit<CredentialVerifier, 'close'> {
  readonly leavesReadingOpen = false;
  readonly canBeGuessed = false;
  readonly #records = new Map<string, KeyRecord>();
  readonly #nowMs: () => number;

  /** @param nowMs wall clock, ms */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** With the first key of a topology, keys are in use; that it expires or is revoked does not open the port again. */
  get isConfigured(): boolean {
    return this.#records.size > 0;
  }

  /** All keys, oldest first. */
  get records(): readonly KeyRecord[] {
    return [...this.#records.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  /** Takes a record; the reason why it cannot, else null. What was revoked stays revoked. */
  put(record: KeyRecord): RecordFault | null {
    const known = this.#records.get(record.id);
    if (known === undefined && this.#records.size >= KEYS_MAX)
      return { reason: 'too_large', detail: `it would be the key after ${KEYS_MAX}` };
    this.#records.set(record.id, { ...record, revokedAtMs: known?.revokedAtMs ?? record.revokedAtMs });
    return null;
  }

  /** The topic no longer has the key: it is as good as revoked. */
  remove(id: string): void {
    const known = this.#records.get(id);
    if (known !== undefined)
      this.#records.set(id, { ...known, revokedAtMs: known.revokedAtMs ?? this.#nowMs() });
  }

  recognises(credential: string): boolean {
    return keyIdOf(credential) !== null;
  }

  async verify(credential: string): Promise<Identity | null> {
    const id = keyIdOf(credential);
    const record = id === null ? undefined : this.#records.get(id);
    if (record === undefined || !isKey(credential, record.sha256)) return null;
    const { name, roles, topologies, sha256 } = record;
    return {
      kind: 'key',
      name: `key ${record.id} (${name})`,
      grants: topologies.flatMap((topology) => roles.map((role) => ({ role, topology }))),
      holds: () => this.#holds(record.id, sha256),
    };
  }

  #holds(id: string, sha256: string): boolean {
    const record = this.#records.get(id);
    return record?.sha256 === sha256 && stateOf(record, this.#nowMs()) === 'active';
  }
}

/** What a key is at an instant, ms. */
export function stateOf(
  { revokedAtMs, expiresAtMs }: Pick<KeyRecord, 'revokedAtMs' | 'expiresAtMs'>,
  nowMs: number,
): 'active' | 'expired' | 'revoked' {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs !== null && expiresAtMs <= nowMs ? 'expired' : 'active';
}
