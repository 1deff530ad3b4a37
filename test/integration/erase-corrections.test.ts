// `millrace erase` on real Kafka, Redis and ClickHouse of what is kept for corrections of labels while the engine
// runs: nothing of the entity's predictions, labels and times of corrections is left, and the other entity's labels are corrected as if
// nothing had happened.
import t from 'tap';
import { runEngine, type RunningEngine } from '../support/running-engine.ts';
import { ANN, BOB, ErasureWorld } from './erasure-world.ts';

t.setTimeout(400_000);

const world = new ErasureWorld(t, {
  prefix: 'corrected',
  shop: 'n: m.count({ over: m.sliding(m.hours(5)) })',
  dedupe: '',
  when: "when: { shop: ['shop-0', 'shop-1'] },",
  labels: "correctedWithinMs: m.hours(9), withdrawn: { shop: 'REVERSED' },",
});
const { name, twin, data, settings, file, twinFile, ofAnn } = world;
let engine: RunningEngine | null = null;
t.teardown(() => engine?.stop());

/** An event of the card that is about the payment of that number. */
const about = (card: string, payment: string, shop: string, fraud: number | null): string =>
  world.event(card, { id: `${card}-${payment}`, shop, fraud });

/** A payment that stays open, one that is labelled, one whose label is corrected, and one whose label is taken back. */
function payments(card: string): string[] {
  const paid = ['open', 'labelled', 'corrected', 'reversed'].map((payment) =>
    world.event(card, { id: `${card}-${payment}` }),
  );
  return [
    ...paid,
    about(card, 'labelled', 'LABEL', 0),
    about(card, 'corrected', 'LABEL', 0),
    about(card, 'corrected', 'LABEL', 1),
    about(card, 'reversed', 'LABEL', 1),
    about(card, 'reversed', 'REVERSED', null),
  ];
}

t.test('labels are corrected and taken back', async (t) => {
  await world.produce([ANN, BOB].flatMap(payments));
  engine = await runEngine(['run', file], data, settings);
  await world.until('they are scored', async () => (await world.scored(name, '4')).length === 8);
  await world.until('the state has them', async () => {
    const text = await world.stateText();
    return [ANN, BOB].every((card) => text.includes(`labels:c:${card}-corrected`));
  });
  await world.until('the history has them', async () => (await world.labelled(name)).length === 10);
  const text = await world.stateText();
  for (const payment of ['labelled', 'corrected', 'reversed']) t.match(text, `labels:c:${ANN}-${payment}`);
  t.match(text, `labels:p:${ANN}-open`);
  t.match(text, /labels:d:/);
});

t.test('one entity is erased while the engine runs', async (t) => {
  t.match(await world.command(['erase', file, ANN]), /labels +5 rows deleted/);
  t.notMatch(await world.stateText(), ofAnn);
  t.notMatch(await world.historyText(), ofAnn);
  t.equal((await world.labelled(name)).length, 5, 'no label is left without its prediction');
  const text = await world.stateText();
  for (const payment of ['labelled', 'corrected', 'reversed']) t.match(text, `labels:c:${BOB}-${payment}`);
});

t.test('corrections go on, of the other entity alone', async (t) => {
  await world.produce([
    about(ANN, 'labelled', 'LABEL', 1),
    about(BOB, 'labelled', 'LABEL', 1),
    about(BOB, 'reversed', 'LABEL', 0),
    about(BOB, 'open', 'LABEL', 0),
  ]);
  await world.until('they are joined', async () => (await world.labelled(name)).length === 8);
  t.equal(await engine?.stop(), 0);
  engine = null;
  await world.produce(world.produced, twinFile);
  await world.command(['run', twinFile, '--until-caught-up']);
  const ofOther = (rows: readonly { readonly key: string }[]): unknown[] =>
    rows.filter(({ key }) => key.startsWith(BOB));
  t.strictSame(ofOther(await world.labelled(name)), ofOther(await world.labelled(twin)));
});
