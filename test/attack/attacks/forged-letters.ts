// Forged dead letters that name other topics, one of them that of the API keys with a key for an administrator: putting
// letters back may write to the source alone.
import { randomBytes } from 'node:crypto';
import { newKey } from '../../../src/serving/access/keys/api-key.ts';
import { encodeKeyRecord } from '../../../src/serving/access/keys/key-record.ts';
import { FAR_MS, FORGED, TOO_LATE_MS } from '../../support/forged-records.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';

function forgedKey(topology: string): { readonly key: string; readonly id: string; readonly value: Buffer } {
  const { id, key, sha256 } = newKey(randomBytes);
  const record = {
    id,
    name: FORGED,
    sha256,
    roles: ['admin'],
    topologies: [topology],
    createdAtMs: 0,
    createdBy: FORGED,
    expiresAtMs: null,
    revokedAtMs: null,
  } as const;
  return { key, id, value: encodeKeyRecord(record) };
}

async function replay(target: Target): Promise<void> {
  const { code, stderr } = await target.command('replay-dead-letters');
  target.tries('replays of dead letters');
  if (code !== 0) target.found('stuck', `replay-dead-letters ends with ${code}: ${stderr.slice(-200)}`);
}

export const forgedLetters: Attack = {
  name: 'forged letters',
  async play(target, chance) {
    const { name } = target;
    const { key, id, value } = forgedKey(name);
    const letter = {
      topic: name,
      partition: 0,
      offset: 1,
      timestampMs: 0,
      key: Buffer.from(id),
      value,
      code: 'DECODE_FAILED',
      message: FORGED,
      remedy: '',
      failedAtMs: 0,
      cut: null,
    };
    const encode = await target.encoder('dead-letters');
    const topics = [`${name}.api-keys`, `${name}.model-updates`, `${name}.predictions`, 'other', '', '../x'];
    const letters = [
      ...topics.map((topic) => ({ ...letter, topic })),
      { ...letter, partition: 99 },
      { ...letter, offset: -1 },
      { ...letter, offset: 1e12 },
      { ...letter, timestampMs: chance.pick([FAR_MS, TOO_LATE_MS, -1]) },
    ];
    await target.forge('dead-letters', letters.map(encode));
    await replay(target);
    const headers = [`Authorization: Bearer ${key}`];
    const { status } = await target.request({ method: 'GET', target: '/api/state', headers });
    if (status !== 401) target.found('unauthorized', `a key out of a dead letter is answered ${status}`);
  },
};
