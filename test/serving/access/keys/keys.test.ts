// API keys: their form, their records as a stranger may have written them, and the ring of a topology.
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { KEYS_MAX } from '../../../../src/core/port-limits.ts';
import { roles } from '../../../../src/core/roles.ts';
import { isKey, keyIdOf, newKey } from '../../../../src/serving/access/keys/api-key.ts';
import {
  decodeKeyRecord,
  encodeKeyRecord,
  type KeyRecord,
} from '../../../../src/serving/access/keys/key-record.ts';
import { KeyRing, stateOf } from '../../../../src/serving/access/keys/key-ring.ts';

const { id, key, sha256 } = newKey(randomBytes);

const record: KeyRecord = {
  id,
  name: 'dashboard',
  sha256,
  roles: ['viewer', 'subscriber'],
  topologies: ['flights', 'trains'],
  createdAtMs: 1_000,
  createdBy: 'ada',
  expiresAtMs: null,
  revokedAtMs: null,
};

t.test('a key has an id and 256 random bits; its hash is that of the whole text', (t) => {
  t.match(key, /^millrace_[\da-f]{16}_[\w-]{43}$/);
  t.equal(keyIdOf(key), id);
  t.equal(sha256, createHash('sha256').update(key).digest('hex'));
  t.ok(isKey(key, sha256));
  t.notOk(isKey(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, sha256));
  for (const other of [
    '',
    'millrace_',
    `${key}A`,
    key.slice(1),
    ` ${key}`,
    key.toUpperCase(),
    `millrace_${id}_short`,
  ])
    t.equal(keyIdOf(other), null, other);
  t.not(newKey(randomBytes).key, newKey(randomBytes).key);
  t.end();
});

const instants = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const names = fc.stringMatching(/^[\w -]{1,40}$/);

t.test('a record is read as it was written', (t) => {
  const records = fc.record({
    id: fc.stringMatching(/^[\da-f]{16}$/),
    name: names,
    sha256: fc.stringMatching(/^[\da-f]{64}$/),
    roles: fc.subarray([...roles]),
    topologies: fc.array(names, { maxLength: 5 }).map((more) => ['flights', ...more]),
    createdAtMs: instants,
    createdBy: names,
    expiresAtMs: fc.option(instants),
    revokedAtMs: fc.option(instants),
  });
  fc.assert(
    fc.property(records, (one) => {
      t.same(decodeKeyRecord(encodeKeyRecord(one), one.id, 'flights'), one);
    }),
  );
  t.end();
});

t.test('whatever a stranger wrote is a reason, not an error', (t) => {
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ['another version', { v: 2 }],
    ['another id than the key of the record', { id: '0123456789abcdef' }],
    ['a short hash', { sha256: 'ab' }],
    ['a role that does not exist', { roles: ['root'] }],
    ['roles that are no list', { roles: 'admin' }],
    ['another topology', { topologies: ['trains'] }],
    ['too many topologies', { topologies: Array.from({ length: 65 }, () => 'flights') }],
    ['a time past the range of a date', { expiresAtMs: 8.64e15 + 1 }],
    ['a time that is text', { revokedAtMs: '2026' }],
    ['a name that rewrites the terminal', { name: 'a\u001b[2J' }],
    ['a name that is too long', { name: 'a'.repeat(201) }],
  ];
  const written = JSON.parse(encodeKeyRecord(record).toString()) as object;
  for (const [what, change] of cases)
    t.match(
      decodeKeyRecord(Buffer.from(JSON.stringify({ ...written, ...(change as object) })), id, 'flights'),
      { reason: String, detail: String },
      what,
    );
  t.match(decodeKeyRecord(Buffer.alloc(16_385, 0x20), id, 'flights'), { reason: 'too_large' });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        t.match(decodeKeyRecord(Buffer.from(bytes), id, 'flights'), { reason: String });
      },
    ),
  );
  t.end();
});

t.test('a key holds until it expires or is revoked, and for its topologies and roles alone', async (t) => {
  let nowMs = 2_000;
  const ring = new KeyRing(() => nowMs);
  t.notOk(ring.isConfigured);
  t.equal(await ring.verify(key), null, 'no such key');
  t.equal(ring.put({ ...record, expiresAtMs: 3_000 }), null);
  t.ok(ring.isConfigured);
  const identity = await ring.verify(key);
  t.match(identity, { kind: 'key', name: `key ${id} (dashboard)` });
  t.same(identity?.grants.length, 4);
  t.ok(identity?.holds());
  nowMs = 3_000;
  t.notOk(identity?.holds(), 'expired');
  nowMs = 2_000;
  ring.put({ ...record, revokedAtMs: 2_500 });
  t.notOk(identity?.holds(), 'revoked');
  ring.put(record);
  t.notOk(identity?.holds(), 'a revoked key stays revoked');
  t.ok(ring.isConfigured, 'a topology whose keys are all revoked is not open');
});

t.test('a key whose record is deleted or replaced no longer holds', async (t) => {
  const ring = new KeyRing(() => 2_000);
  ring.put(record);
  const identity = await ring.verify(key);
  ring.put({ ...record, sha256: newKey(randomBytes).sha256 });
  t.notOk(identity?.holds());
  t.equal(await ring.verify(key), null);
  ring.put(record);
  ring.remove(id);
  t.notOk(identity?.holds());
  ring.remove('unknown');
});

t.test('keys in memory are bounded, and known ones can still be revoked', (t) => {
  const ring = new KeyRing(() => 2_000);
  ring.put(record);
  for (let i = 1; i < KEYS_MAX; i++) ring.put({ ...record, id: i.toString(16).padStart(16, '0') });
  t.match(ring.put({ ...record, id: 'f'.repeat(16) }), { reason: 'too_large' });
  t.equal(ring.put({ ...record, revokedAtMs: 1_500 }), null);
  t.equal(stateOf(ring.records.find((one) => one.id === id) as KeyRecord, 2_000), 'revoked');
  t.end();
});
