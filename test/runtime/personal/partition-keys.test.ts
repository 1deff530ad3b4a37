// The wrapped keys of a partition: through restarts, rotation, forged records and destruction.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import type { KeyWrapper } from '../../../src/ports/data-keys.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { FileKeys, keysOf } from '../../../src/runtime/personal/file-keys.ts';
import { PartitionKeys, type KeyPlace } from '../../../src/runtime/personal/partition-keys.ts';
import type { StoredKey } from '../../../src/runtime/personal/stored-keys.ts';
import type { DataKeyRecord } from '../../../src/runtime/records.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];

/** A topic: the records of each key, the newest last, as no compaction has left them. */
class Topic {
  readonly stored = new Map<string, StoredKey[]>();
  /** Keys whose newest record is of no engine. */
  readonly displaced = new Set<string>();
  /** Offsets of records that were refused. */
  readonly refused: number[] = [];
  #offset = 0;

  write(records: readonly LogRecord[]): void {
    for (const { key, value } of records)
      this.add(String(key), JSON.parse(String(value), revived) as DataKeyRecord);
  }

  add(key: string, record: DataKeyRecord): void {
    this.stored.set(key, [...(this.stored.get(key) ?? []), { ...record, offset: this.#offset++ }]);
  }

  open(wrapper: KeyWrapper, place: KeyPlace = { topology: 'cards', partition: 0 }): Promise<PartitionKeys> {
    const encoder = { encode: (record: DataKeyRecord): Buffer => Buffer.from(JSON.stringify(record)) };
    return PartitionKeys.open(
      place,
      { records: this.stored, displaced: this.displaced },
      wrapper,
      encoder,
      () => 1,
      ({ offset }) => this.refused.push(offset),
    );
  }
}

function revived(_name: string, value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
  return isBytes && 'data' in value ? Buffer.from(value.data as number[]) : value;
}

const forged: DataKeyRecord = {
  id: '0'.repeat(32),
  wrappedBy: new FileKeys([first]).id,
  wrapped: randomBytes(80),
  createdAtMs: 0,
};

t.test('a restart has the same keys, and writes nothing', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  const key = keys.keyOf('ann');
  t.equal(keys.keyOf('ann'), key);
  t.not(keys.keyOf('').id, key.id);
  const written = keys.takeUnwritten();
  t.strictSame(
    written.map((record) => String(record.key)),
    ['master', 'entity:ann', 'entity:'],
  );
  t.strictSame(keys.takeUnwritten(), []);
  topic.write(written);
  const again = await topic.open(new FileKeys([first]));
  t.strictSame(again.keyOf('ann').key, key.key);
  t.strictSame(again.find(key.id.toString('hex'))?.key, key.key);
  t.strictSame(again.takeUnwritten(), []);
  t.notOk(written.some(({ value }) => String(value).includes(key.key.toString('base64'))));
});

t.test('keys that others displace are written again, and no others', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  const key = keys.keyOf('ann');
  topic.write(keys.takeUnwritten());
  t.notOk(keys.hasUnwritten);
  for (const recordKey of ['entity:ann', 'entity:ann', 'entity:unknown', 'junk', ''])
    keys.displaced(recordKey);
  t.ok(keys.hasUnwritten);
  const written = keys.takeUnwritten();
  t.strictSame(
    written.map((record) => String(record.key)),
    ['entity:ann'],
  );
  t.notOk(keys.hasUnwritten);
  // At a start: what the master's record was is known without the wrapper.
  topic.displaced.add('master');
  const again = await topic.open(new FileKeys([first]));
  const master = again.takeUnwritten();
  t.equal(String(master[0]?.key), 'master');
  t.equal(master.length, 1);
  // As compaction leaves it, after these records alone.
  const compacted = new Topic();
  compacted.write([...master, ...written]);
  t.strictSame((await compacted.open(new FileKeys([first]))).keyOf('ann').key, key.key);
});

t.test('another key-encryption key wraps the master key again, and needs the former one once', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  const key = keys.keyOf('ann');
  topic.write(keys.takeUnwritten());
  await t.rejects(topic.open(new FileKeys([second])), {
    code: 'CONFIG_INVALID',
    message: /Give the former key after the new one/,
  });
  const rotated = await topic.open(new FileKeys([second, first]));
  const written = rotated.takeUnwritten();
  t.strictSame(
    written.map((record) => String(record.key)),
    ['master'],
  );
  topic.write(written);
  t.strictSame((await topic.open(new FileKeys([second]))).keyOf('ann').key, key.key);
});

t.test('forged records do not displace keys, which are written again after them', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  const key = keys.keyOf('ann');
  topic.write(keys.takeUnwritten());
  for (const name of ['master', 'entity:ann', 'entity:bob', 'junk']) topic.add(name, forged);
  const opened = await topic.open(new FileKeys([first]));
  t.strictSame(opened.keyOf('ann').key, key.key);
  t.strictSame(
    topic.refused.toSorted((a, b) => a - b),
    [2, 3, 4, 5],
  );
  t.strictSame(
    opened.takeUnwritten().map((record) => String(record.key)),
    ['master', 'entity:ann'],
  );
});

t.test('a master key of another partition or topology is not taken', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  keys.keyOf('ann');
  topic.write(keys.takeUnwritten());
  for (const place of [
    { topology: 'cards', partition: 1 },
    { topology: 'other', partition: 0 },
  ])
    await t.rejects(topic.open(new FileKeys([first]), place), { code: 'CONFIG_INVALID' });
});

t.test('a key-management service that is away is a fault of the environment, never a new key', async (t) => {
  const topic = new Topic();
  const keys = await topic.open(new FileKeys([first]));
  keys.keyOf('ann');
  topic.write(keys.takeUnwritten());
  const away = async (): Promise<Buffer> => {
    throw new MillraceError('KEYS_UNAVAILABLE', 'away');
  };
  await t.rejects(topic.open({ id: 'kms', wrap: away, unwrap: away }), { code: 'KEYS_UNAVAILABLE' });
});

t.test('keys of a setting', async (t) => {
  const text = `${first.toString('base64')}\n${second.toString('hex')}`;
  t.strictSame(keysOf(text, 'S'), [first, second]);
  for (const wrong of ['', 'short', `${first.toString('base64')} short`, first.toString('hex').slice(1)])
    t.throws(() => keysOf(wrong, 'S'), { code: 'CONFIG_INVALID', where: 'S' });
});
