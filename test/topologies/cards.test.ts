// The card payments of topologies/cards.ts: their features against the payments before, and what a loop makes of them.
import t from 'tap';
import { days, hours } from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { cardEvents, type CardEvent } from '../../topologies/data/cards.ts';
import cards from '../../topologies/cards.ts';
import { shellBlock } from '../docs/pages.ts';
import { isNear, runExample, within } from './example.ts';

/** A run of several weeks, on a machine that is busy. */
t.setTimeout(400_000);

const EARTH_KM = 6_371.0088;

/** Great-circle distance by the spherical law of cosines. */
function kmBetween(a: CardEvent, b: CardEvent): number {
  const [lat1, lat2, lon] = [a.lat, b.lat, a.lon - b.lon].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const cosine = Math.sin(lat1) * Math.sin(lat2) + Math.cos(lat1) * Math.cos(lat2) * Math.cos(lon);
  return EARTH_KM * Math.acos(Math.min(1, cosine));
}

t.test('features say what card, merchant, device and pairs did before', async (t) => {
  const events = cardEvents({ cards: 50, days: 40, seed: 3 });
  const driver = new TopologyDriver(cards);
  await driver.send(events.map((event) => ({ ...event, at: Date.parse(event.at) })));
  t.equal(driver.deadLetters.length, 0, 'no event is refused');
  const predictions = new Map(driver.predictions.map(({ key, features }) => [key, features]));
  const month = { sizeMs: days(30), paneMs: days(1) };
  const week = { sizeMs: days(7), paneMs: hours(12) };
  let far = 0;
  for (const [i, event] of events.entries()) {
    if (event.type !== 'payment' || i % 17 !== 0) continue;
    const seen = events.slice(0, i + 1);
    const atMs = Date.parse(event.at);
    const payments = seen.filter(({ type }) => type === 'payment');
    const ofCard = payments.filter(({ card }) => card === event.card);
    const ofDevice = seen.filter(({ device }) => device === event.device);
    const closed = within(seen, atMs, month).filter(
      ({ merchant, type }) => merchant === event.merchant && type !== 'payment',
    );
    const lastTwo = within(ofCard, atMs, week).slice(-2);
    const before = lastTwo.length === 2 ? (lastTwo[0] as CardEvent) : null;
    const expected = {
      'card.payments_1h': within(ofCard, atMs, { sizeMs: hours(1) }).length,
      'card.merchants_1d': new Set(within(ofCard, atMs, { sizeMs: days(1) }).map(({ merchant }) => merchant))
        .size,
      'merchant.disputed_30d': closed.filter(({ disputed }) => disputed === 1).length / closed.length,
      'device.cards_7d': new Set(
        within(ofDevice, atMs, week).flatMap(({ type, card }) => (type === 'payment' ? [card] : [])),
      ).size,
      'device.chargebacks_30d': within(ofDevice, atMs, month).filter(({ type }) => type === 'chargeback')
        .length,
      'card_merchant.payments_30d': within(ofCard, atMs, month).filter(
        ({ merchant }) => merchant === event.merchant,
      ).length,
    };
    const features = predictions.get(event.id);
    for (const [name, value] of Object.entries(expected))
      if (!isNear(features?.[name], value)) t.equal(features?.[name], value, `${name} of ${event.id}`);
    if (before === null) continue;
    const [km, found] = [kmBetween(before, event), features?.['km'] ?? Number.NaN];
    // Coordinates are Float32: a meter or so. Near each other the law of cosines is off by more.
    if (km > 10) far++;
    if (!(Math.abs(km - found) < 0.2)) t.equal(found, km, `km of ${event.id}`);
  }
  t.ok(far > 5, `${far} payments were far from the one before`);
});

t.test('a loop with the defaults learns what fraud looks like', async (t) => {
  const block = shellBlock('docs/examples/cards.md', 'Run it');
  const { predictions, labels, quality } = await runExample(block, t.testdir({}), [
    '--cards',
    '150',
    '--days',
    '45',
  ]);
  t.ok(predictions > 15_000 && labels.joined > 5_000, `${predictions} predictions, ${labels.joined} labels`);
  t.ok(quality.loop.auc > 0.95, `AUC ${quality.loop.auc}`);
});
