// `millrace erase` on real Kafka, Redis and ClickHouse, with the engine running: nothing of the entity is left in what the
// engine keeps, the other entity is scored as if nothing had happened, and a lost store does not bring the entity back.
import { join } from 'node:path';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import { openWrapper } from '../../src/app/compose/personal-keys.ts';
import { RecordOpener } from '../../src/runtime/personal/record-seal.ts';
import { TopologyKeys } from '../../src/runtime/personal/topology-keys.ts';
import type { DeadLetterRecord } from '../../src/runtime/records.ts';
import { runEngine, type RunningEngine } from '../support/running-engine.ts';
import { ANN, BOB, ErasureWorld } from './erasure-world.ts';

t.setTimeout(200_000);

const world = new ErasureWorld(t, {
  prefix: 'erased',
  shop: "mean: m.mean('amount', { over: m.sliding(m.hours(5)) })",
});
const { name, twin, data, log, encryptionKey, settings, file, twinFile, ofAnn, ofBob } = world;
const registry = { url: null, file: join(data, 'schema-registry.json') };
const codec = new AvroCodec(new ProjectSchemas({ registry, schemaFolders: [] }));

/** The events that can be read in dead letters. */
async function letters(): Promise<string> {
  const keys = await TopologyKeys.open(
    log,
    codec,
    name,
    await openWrapper(name, { hashKey: null, encryptionKey, kmsModule: null }),
  );
  const opener = new RecordOpener(name, name, keys);
  const decoder = await codec.decoder<DeadLetterRecord>(`${name}.dead-letters-value`);
  const found: string[] = [];
  for (const [partition, { low, high }] of (await log.offsets(`${name}.dead-letters`)).entries())
    for await (const { values } of log.read(`${name}.dead-letters`, partition, low, high))
      for (const value of values)
        if (value !== null) {
          const letter = await decoder.decode(value);
          found.push(letter.value === null ? '' : (opener.part(letter.value, 'value')?.toString() ?? ''));
        }
  return found.join('\n');
}

let engine: RunningEngine | null = null;
t.teardown(() => engine?.stop());

t.test('events of two entities', async (t) => {
  await world.produce(world.eventsOfBoth());
  engine = await runEngine(['run', file], data, settings);
  await world.until('they are scored', async () => (await world.scored(name, '4')).length >= 6);
  await world.until('the state is stored', async () => ofAnn.test(await world.stateText()));
  t.equal(await world.served(engine, ANN), 200);
  t.equal(await world.served(engine, BOB), 200);
  t.match(await world.historyText(), ofAnn);
  t.match(await letters(), ofAnn);
});

t.test('one is erased while the engine runs', async (t) => {
  const stdout = await world.command(['erase', file, ANN, '--json']);
  t.notMatch(stdout, ofAnn);
  const report = JSON.parse(stdout) as {
    partitions: unknown[];
    erased: Array<{ where: string; what: string }>;
    kept: Array<{ where: string; what: string }>;
  };
  t.equal(report.partitions.length, 2);
  t.match(report.erased.find(({ where }) => where === 'feature_log')?.what, /^[1-9]\d* rows deleted/);
  t.ok(report.kept.some(({ where }) => where === name));
  t.equal(await world.served(engine as RunningEngine, ANN), 404);
  t.equal(await world.served(engine as RunningEngine, BOB), 200);
  t.notMatch(await world.stateText(), ofAnn);
  t.notMatch(await world.historyText(), ofAnn);
  t.notMatch(await letters(), ofAnn);
  for (const text of [await world.stateText(), await world.historyText(), await letters()])
    t.match(text, ofBob);
  const audit = await world.command(['audit', 'list', file, '--json']);
  t.match(audit, /"erasure"[\s\S]*"erasure"/);
  t.notMatch(audit, ofAnn);
});

t.test('the erased one is a new one, and a restart with an empty store brings nothing back', async (t) => {
  await world.produce([BOB, ANN].map((card) => world.event(card)));
  await world.until('they are scored', async () => (await world.scored(name, '4')).length >= 5);
  const [first, ...more] = await world.scored(name, ANN);
  t.strictSame(more, []);
  const [amount, sum, n] = first?.features ?? [];
  t.equal(sum, amount, 'its windows have this event alone');
  t.equal(n, 1);
  t.equal(await engine?.stop(), 0);
  engine = null;
  await world.loseState();
  await world.produce([world.event(BOB)]);
  await world.command(['run', file, '--until-caught-up']);
  t.strictSame(await world.scored(name, ANN), [first], 'the event after the erasure alone');
  t.match(await world.stateText(), ofBob);
});

t.test('the other one was scored as if nothing had happened', async (t) => {
  await world.produce(world.produced, twinFile);
  await world.command(['run', twinFile, '--until-caught-up']);
  const undisturbed = await world.scored(twin, BOB);
  t.equal(undisturbed.length, 5);
  t.strictSame(await world.scored(name, BOB), undisturbed);
});

t.test('with the engine stopped the command erases the rest', async (t) => {
  t.match(await world.command(['erase', file, ANN]), /not erased:/);
  t.notMatch(await world.stateText(), ofAnn);
  t.notMatch(await world.historyText(), ofAnn);
  t.match(await world.stateText(), ofBob);
});
