// `millrace erase` of a topology with views of other keys, on real Kafka, Redis and ClickHouse, with the engine running:
// nothing leads to the entity in what the parts keep and send each other, the other entity is scored as if nothing had
// happened, and a lost store does not bring the entity back.
import t from 'tap';
import { runEngine, type RunningEngine } from '../support/running-engine.ts';
import { ANN, BOB, ErasureWorld } from './erasure-world.ts';

t.setTimeout(400_000);

const world = new ErasureWorld(t, {
  prefix: 'erased-hops',
  source: "key: 'card',",
  shop: `mean: m.mean('amount', { over: m.sliding(m.hours(5)) }), cards: m.distinct('card', { over: m.sliding(m.hours(5)) })`,
});
const { name, twin, data, log, settings, file, twinFile, ofAnn, ofBob } = world;

/** What the parts have sent each other. */
async function between(): Promise<string> {
  const topics = [`${name}.by-shop`, `${name}.by-shop.unordered`, `${name}.answers`];
  const found: string[] = [];
  for (const topic of topics)
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
      for await (const { keys, values } of log.read(topic, partition, low, high))
        for (const bytes of [...keys, ...values]) if (bytes !== null) found.push(bytes.toString('latin1'));
  return found.join('\n');
}

/** The entities that have a data key of the front, by which the topic of shops names them. */
async function known(): Promise<string> {
  const topic = `${name}.front.data-keys`;
  const latest = new Map<string, boolean>();
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
    for await (const { keys, values } of log.read(topic, partition, low, high))
      for (const [i, key] of [...keys].entries()) latest.set(String(key), values.at(i) !== null);
  return [...latest].flatMap(([key, isThere]) => (isThere ? [key] : [])).join('\n');
}

let engine: RunningEngine | null = null;
t.teardown(() => engine?.stop());

t.test('events of two entities', async (t) => {
  await world.produce(world.eventsOfBoth());
  engine = await runEngine(['run', file], data, settings);
  await world.until('they are scored', async () => (await world.scored(name, '4')).length >= 6);
  const { url } = engine;
  for (const card of [ANN, BOB])
    await world.until('the state is stored', async () => (await world.served({ url }, card)) === 200);
  t.match(await world.historyText(), ofAnn);
  t.match(await known(), ofAnn);
  t.match(await between(), /shop-1/);
  t.notMatch(await between(), new RegExp(`${ofAnn.source}|${ofBob.source}|example`));
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
  t.notMatch(await known(), ofAnn);
  t.notMatch(await between(), ofAnn);
  for (const text of [await world.stateText(), await world.historyText(), await known()])
    t.match(text, ofBob);
  t.match(
    report.kept.find(({ where }) => where === `${name}.by-shop`)?.what,
    /without what names the entity/,
  );
  t.match(report.erased.find(({ where }) => where === `${name}.front.data-keys`)?.what, /tombstones/);
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
