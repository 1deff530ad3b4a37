// The audit log on the embedded log: one chain for several writers, and every way to tamper with it is found at its place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { AuditRecord, Change } from '../../../src/ports/audit.ts';
import type { QuarantinedRecord } from '../../../src/ports/quarantine.ts';
import { auditHash } from '../../../src/runtime/audit/audit-chain.ts';
import { AuditCopy } from '../../../src/runtime/audit/audit-copy.ts';
import { AuditLog, auditGroup } from '../../../src/runtime/audit/audit-log.ts';
import { readAudit, type AuditSource } from '../../../src/runtime/audit/read-audit.ts';
import { verifyAudit } from '../../../src/runtime/audit/verify-audit.ts';
import { auditSpec } from '../../../src/topology/topics.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { MemoryHistory } from '../../support/memory-history.ts';
import { ordersCodec } from '../../support/orders.ts';

const TOPIC = 'orders.audit';
const codec = ordersCodec();
const encoder = await codec.encoder<AuditRecord>(`${TOPIC}-value`);
const decoder = await codec.decoder<AuditRecord>(`${TOPIC}-value`);
t.teardown(() => codec.close());

function change(subject: string): Change {
  return { action: 'promotion', actor: 'ann', from: 'host', subject, before: null, after: { subject } };
}

function sourceOf(log: EmbeddedLog): AuditSource {
  return { topology: 'orders', log, decoder };
}

async function recordsOf(log: EmbeddedLog): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const { record } of readAudit(sourceOf(log))) if (record !== null) records.push(record);
  return records;
}

/** An audit log of `count` records. */
async function written(count: number): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  const audit = await AuditLog.open('orders', { log, codec, nowMs: () => 1_000 });
  for (let i = 1; i <= count; i++) await audit.record(change(`v${i}`));
  return log;
}

/** What someone who can write to a topic puts there instead. */
async function rewritten(records: readonly AuditRecord[], head?: string): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([auditSpec('orders')]);
  const values = records.map((record) => ({ key: null, value: encoder.encode(record), timestampMs: 1 }));
  if (head === undefined) await log.publish(TOPIC, values);
  else {
    const writer = await log.epochWriter(auditGroup('orders'));
    writer.append(TOPIC, values);
    await writer.commit(auditGroup('orders'), { topic: TOPIC, partition: 0 }, records.length, head);
  }
  return log;
}

async function brokenIn(log: EmbeddedLog): Promise<{ offset: number | null; why: string } | null> {
  const { broken } = await verifyAudit(sourceOf(log), null);
  await log.close();
  return broken;
}

function temporaryFile(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-audit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'log.db');
}

t.test('writers in several processes write one chain', async (t) => {
  const path = temporaryFile(t);
  const logs = Array.from({ length: 4 }, () => new EmbeddedLog({ path }));
  const audits: AuditLog[] = [];
  for (const log of logs) audits.push(await AuditLog.open('orders', { log, codec, nowMs: () => 1_000 }));
  const all = audits.flatMap((audit, i) => [1, 2, 3].map((n) => audit.record(change(`${i}.${n}`))));
  await Promise.all(all);
  for (const log of logs) await log.close();
  const log = new EmbeddedLog({ path });
  const records = await recordsOf(log);
  t.same(
    records.map(({ sequence }) => sequence),
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  t.equal(
    records
      .map(({ subject }) => subject)
      .toSorted()
      .join(' '),
    '0.1 0.2 0.3 1.1 1.2 1.3 2.1 2.2 2.3 3.1 3.2 3.3',
  );
  t.match(await verifyAudit(sourceOf(log), null), { records: 12, broken: null, isEndKnown: true });
  await log.close();
});

t.test('a record says who, what, when, from where, before and after, within bounds', async (t) => {
  const log = new EmbeddedLog({ path: null });
  const audit = await AuditLog.open('orders', { log, codec, nowMs: () => 1_234 });
  await audit.record({
    action: 'rollback',
    actor: 'ann',
    from: '10.0.0.1',
    subject: 'model v2',
    before: { champion: 'v3' },
    after: { champion: 'v2' },
  });
  await audit.record({ ...change(`\ud800${'x'.repeat(10_000)}`), after: 'y'.repeat(100_000) });
  const [first, second] = await recordsOf(log);
  t.match(first, {
    topology: 'orders',
    sequence: 1,
    atMs: 1_234,
    action: 'rollback',
    actor: 'ann',
    from: '10.0.0.1',
    subject: 'model v2',
    before: '{"champion":"v3"}',
    after: '{"champion":"v2"}',
    previous: '',
  });
  t.equal(second?.previous, first?.hash);
  t.ok((second?.subject.length ?? 0) < 1_000 && (second?.after?.length ?? 0) < 20_000);
  t.equal(await brokenIn(log), null);
});

t.test('what was tampered with is found at its place', async (t) => {
  const whole = await written(5);
  const records = await recordsOf(whole);
  await whole.close();
  const [one, two, three, four, five] = records as [
    AuditRecord,
    AuditRecord,
    AuditRecord,
    AuditRecord,
    AuditRecord,
  ];
  const rehashed = (record: AuditRecord): AuditRecord => ({ ...record, hash: auditHash(record) });
  const cases: ReadonlyArray<readonly [string, readonly AuditRecord[], number, RegExp]> = [
    ['a removed record', [one, two, four, five], 2, /records 3 to 3 are missing/],
    ['a removed first record', [two, three, four, five], 0, /records 1 to 1 are missing/],
    ['a changed record', [one, { ...two, actor: 'bob' }, three, four, five], 1, /changed/],
    ['a changed record with its hash', [one, rehashed({ ...two, actor: 'bob' }), three], 2, /replaced/],
    ['records in another order', [one, three, two, four, five], 1, /records 2 to 2 are missing/],
    ['a record twice', [one, two, two, three], 2, /inserted or moved/],
    ['an inserted record', [one, two, rehashed({ ...three, subject: 'v9' }), three], 3, /inserted or moved/],
    [
      'a record of another topology',
      [one, rehashed({ ...two, topology: 'payments' })],
      1,
      /topology payments/,
    ],
  ];
  for (const [name, tampered, offset, why] of cases) {
    const broken = await brokenIn(await rewritten(tampered));
    t.equal(broken?.offset, offset, name);
    t.match(broken?.why, why, name);
  }
});

t.test('the stored head shows what is missing or was added at the end', async (t) => {
  const whole = await written(3);
  const records = await recordsOf(whole);
  const [one, two, three] = records as [AuditRecord, AuditRecord, AuditRecord];
  const forged = { ...three, sequence: 4, previous: three.hash, subject: 'v9' };
  await whole.publish(TOPIC, [
    { key: null, value: encoder.encode({ ...forged, hash: auditHash(forged) }), timestampMs: 1 },
  ]);
  t.match(await verifyAudit(sourceOf(whole), null), {
    broken: { offset: 3, why: /something other than Millrace/ },
  });
  const audit = await AuditLog.open('orders', { log: whole, codec, nowMs: () => 1 });
  await audit.record(change('v4'));
  t.match(await brokenIn(whole), { offset: 4, why: /inserted or moved/ }, 'the chain goes on without it');
  const head = `3 ${three.hash}`;
  t.match(await brokenIn(await rewritten([one, two], head)), { offset: null, why: /records 3 to 3/ });
  const other = { ...three, subject: 'v8' };
  const again = [one, two, { ...other, hash: auditHash(other) }];
  t.match(await brokenIn(await rewritten(again, head)), { offset: 2, why: /written again/ });
});

t.test('the table is a second copy of the chain', async (t) => {
  const log = await written(3);
  const records = await recordsOf(log);
  const history = new MemoryHistory();
  const quarantined: QuarantinedRecord[] = [];
  const follow = (): AuditCopy => {
    const quarantine = { add: (record: QuarantinedRecord): unknown => quarantined.push(record) };
    const telemetry = new FakeTelemetry();
    const failed = (error: Error): void => void t.error(error);
    const copy = new AuditCopy({
      topology: 'orders',
      log,
      decoder,
      history,
      quarantine,
      telemetry,
      failed,
    });
    copy.start();
    return copy;
  };
  const copy = follow();
  const forged = { ...(records[0] as AuditRecord), subject: 'v9' };
  await log.publish(TOPIC, [
    { key: null, value: Buffer.from('junk'), timestampMs: 1 },
    { key: null, value: encoder.encode(forged), timestampMs: 1 },
  ]);
  while (quarantined.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  copy.close();
  t.same(history.auditRows, records, 'what no engine wrote is not copied');
  t.same(
    quarantined.map(({ offset, reason }) => [offset, reason]),
    [
      [3, 'malformed'],
      [4, 'malformed'],
    ],
  );
  const verify = async (kept: readonly AuditRecord[]): Promise<unknown> => {
    const topic = await rewritten(kept);
    const { broken } = await verifyAudit(sourceOf(topic), history);
    await topic.close();
    return broken;
  };
  t.equal(await verify(records), null);
  t.match(await verify(records.slice(0, 2)), {
    offset: null,
    why: /the table has record 3, which is missing/,
  });
  const [one, two, three] = records as [AuditRecord, AuditRecord, AuditRecord];
  const other = { ...three, subject: 'v8' };
  const again = [one, two, { ...other, hash: auditHash(other) }];
  t.match(await verify(again), { offset: 2, why: /record 3 of the table is another one/ });
  history.auditRows[1] = { ...two, actor: 'bob' };
  t.match(await verify(records), { offset: 1, why: /record 2 of the table is not what/ });
  await log.close();
});

t.test('junk is found, and the chain goes on after it', async (t) => {
  const log = await written(2);
  await log.publish(TOPIC, [{ key: null, value: Buffer.from('junk'), timestampMs: 1 }]);
  const audit = await AuditLog.open('orders', { log, codec, nowMs: () => 1 });
  await audit.record(change('v3'));
  t.same(
    (await recordsOf(log)).map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  t.match(await brokenIn(log), { offset: 2, why: /no audit record/ });
});

t.test('without a stored head the topic has the end of the chain', async (t) => {
  const whole = await written(2);
  const log = await rewritten(await recordsOf(whole));
  await log.publish(TOPIC, [{ key: null, value: Buffer.from('junk'), timestampMs: 1 }]);
  const audit = await AuditLog.open('orders', { log, codec, nowMs: () => 1 });
  await audit.record(change('v3'));
  const records = await recordsOf(log);
  t.equal(records[2]?.previous, records[1]?.hash);
  await log.close();
});

t.test('a topology without an audit topic has no records', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.match(await verifyAudit(sourceOf(log), null), { records: 0, broken: null });
  await log.close();
});
