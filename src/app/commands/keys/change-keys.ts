// `millrace keys create` and `revoke` (control path): each publishes the key's record to every topology that it is for.
import { randomBytes } from 'node:crypto';
import { MillraceError } from '../../../core/errors.ts';
import type { Role } from '../../../core/roles.ts';
import { instantText } from '../../../core/time.ts';
import type { Change } from '../../../ports/audit.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import { newKey } from '../../../serving/access/keys/api-key.ts';
import {
  decodeKeyRecord,
  encodeKeyRecord,
  isName,
  type KeyRecord,
} from '../../../serving/access/keys/key-record.ts';
import { apiKeysSpec } from '../../../topology/topics.ts';
import { openCodec } from '../../compose/adapters.ts';
import { operator } from '../../compose/operator.ts';
import type { Config } from '../../settings/config.ts';
import { type KeyLog, withKeys } from './key-log.ts';

export interface CreateKeyOptions {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Undefined: it does not expire. */
  readonly expiresInMs: number | undefined;
  /** Names of other topologies. */
  readonly topologies: readonly string[] | undefined;
  readonly json: boolean;
}

export async function createKey(file: string, config: Config, options: CreateKeyOptions): Promise<void> {
  const { name, roles, expiresInMs, topologies: others = [], json } = options;
  if (!isName(name))
    throw new MillraceError('CONFIG_INVALID', 'the name is too long or has control characters', {
      where: '--name',
      remedy: 'Give a shorter name of one line.',
    });
  await withKeys(file, config, async (keys) => {
    const { id, key, sha256 } = newKey(randomBytes);
    const createdAtMs = Date.now();
    const record: KeyRecord = {
      id,
      name,
      sha256,
      roles,
      topologies: [...new Set([keys.topology.name, ...others])],
      createdAtMs,
      createdBy: operator().actor,
      expiresAtMs: expiresInMs === undefined ? null : createdAtMs + expiresInMs,
      revokedAtMs: null,
    };
    const { expiresAtMs, topologies } = record;
    requireUsable(keys, record);
    const after = { name, roles, topologies, expiresAtMs };
    await change(keys, record, { action: 'key-created', before: null, after }, config);
    if (json) {
      process.stdout.write(`${JSON.stringify({ id, key, name, roles, topologies, expiresAtMs })}\n`);
      return;
    }
    const until = expiresAtMs === null ? 'does not expire' : `expires ${instantText(expiresAtMs)}`;
    process.stderr.write(
      `key ${id} (${name}): ${roles.join(', ')} of ${topologies.join(', ')}; it ${until}. It is not shown again:\n`,
    );
    process.stdout.write(`${key}\n`);
  });
}

/** @throws CONFIG_INVALID for a key that no engine would take */
function requireUsable({ topology, ring }: KeyLog, record: KeyRecord): void {
  const decoded = decodeKeyRecord(encodeKeyRecord(record), record.id, topology.name);
  const fault = 'reason' in decoded ? decoded : ring.put(record);
  if (fault !== null)
    throw new MillraceError('CONFIG_INVALID', `engines would not take the key: ${fault.detail}`, {
      where: topology.name,
      remedy: 'Create it for fewer topologies, or by a user with a shorter name.',
    });
}

export async function revokeKey(file: string, id: string, config: Config): Promise<void> {
  await withKeys(file, config, async (keys) => {
    const record = keys.ring.records.find((one) => one.id === id);
    if (record === undefined)
      throw new MillraceError('CONFIG_INVALID', `there is no key ${id}`, {
        where: keys.topology.name,
        remedy: 'millrace keys list shows the ids.',
      });
    const { name, roles, topologies, expiresAtMs, revokedAtMs } = record;
    const before = { name, roles, topologies, expiresAtMs };
    // Also where it is revoked already: an earlier try may not have come to all topologies.
    const revoked = { ...record, revokedAtMs: revokedAtMs ?? Date.now() };
    await change(keys, revoked, { action: 'key-revoked', before, after: null }, config);
    process.stdout.write(`key ${id} (${name}): revoked for ${topologies.join(', ')}\n`);
  });
}

/** Records the change in the audit log of every topology that the key is for, then makes it. */
async function change(
  { log }: KeyLog,
  record: KeyRecord,
  what: Pick<Change, 'action' | 'before' | 'after'>,
  config: Config,
): Promise<void> {
  const codec = openCodec(config);
  try {
    for (const topology of record.topologies) {
      const audit = await AuditLog.open(topology, { log, codec, nowMs: Date.now });
      await audit.record({ ...operator(), ...what, subject: `key ${record.id}` });
    }
    const specs = record.topologies.map((topology) => apiKeysSpec(topology));
    await log.ensureTopics(specs);
    const value = encodeKeyRecord(record);
    for (const { topic } of specs)
      await log.publish(topic, [{ key: Buffer.from(record.id), value, timestampMs: Date.now() }]);
  } finally {
    await codec.close();
  }
}
