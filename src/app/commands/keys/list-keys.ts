// `millrace keys list` (control path).
import { instantText } from '../../../core/time.ts';
import type { KeyRecord } from '../../../serving/access/keys/key-record.ts';
import { stateOf } from '../../../serving/access/keys/key-ring.ts';
import type { Config } from '../../settings/config.ts';
import { withKeys } from './key-log.ts';

const STATE_WIDTH = 'revoked'.length;
const INSTANT_WIDTH = '2026-01-31T12:00:00.000Z'.length;

function line(record: KeyRecord, nowMs: number): string {
  const { id, name, roles, topologies, expiresAtMs } = record;
  const expiry = expiresAtMs === null ? 'never' : instantText(expiresAtMs);
  const state = stateOf(record, nowMs).padEnd(STATE_WIDTH);
  return [id, state, expiry.padEnd(INSTANT_WIDTH), roles.join(','), topologies.join(','), name].join('  ');
}

/** Without the hash, which says nothing to a reader. */
function inJson({ sha256: _sha256, ...record }: KeyRecord, nowMs: number): object {
  return { ...record, state: stateOf(record, nowMs) };
}

export async function listKeys(file: string, config: Config, asJson: boolean): Promise<void> {
  await withKeys(file, config, async ({ topology, ring }) => {
    const nowMs = Date.now();
    const { records } = ring;
    const shown = records.map((record) => inJson(record, nowMs));
    const text = asJson
      ? JSON.stringify(shown, null, 2)
      : records.map((record) => line(record, nowMs)).join('\n');
    process.stdout.write(`${text === '' ? `${topology.name} has no keys` : text}\n`);
  });
}
