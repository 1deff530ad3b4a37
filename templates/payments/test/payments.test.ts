import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf, TopologyDriver } from 'millrace/testing';
import payments from '../topologies/payments.ts';

const AT = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;

function payment(id: string, amount: number, at: number) {
  return { type: 'payment', id, card: 'card-1', merchant: 'books', amount, disputed: null, at };
}

function settled(id: string, disputed: boolean, at: number) {
  return { ...payment(id, 0, at), type: 'settled', disputed };
}

const schema = schemaOf([settled('', true, 0)]);

test('a payment is scored by what its card did before', async () => {
  const driver = new TopologyDriver(payments, { schema });
  await driver.send([payment('a', 10, AT), payment('b', 30, AT + MINUTE)]);
  const [first, second] = driver.predictions;
  assert.equal(first?.features['card.payments_1h'], 1);
  assert.equal(second?.features['card.payments_1h'], 2);
  assert.equal(second?.features['card.amount_7d'], 20);
});

test('a settlement labels its payment', async () => {
  const driver = new TopologyDriver(payments, { schema });
  await driver.send([payment('a', 10, AT), payment('b', 10, AT), settled('b', true, AT + MINUTE)]);
  assert.deepEqual(
    driver.labels.map(({ key, label }) => [key, label]),
    [['b', 1]],
  );
});

test('an amount out of range is refused', async () => {
  const driver = new TopologyDriver(payments, { schema });
  await driver.send([payment('a', -1, AT)]);
  assert.equal(driver.predictions.length, 0);
  assert.equal(driver.deadLetters[0]?.code, 'CONTRACT_RANGE');
});
