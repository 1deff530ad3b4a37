// Views of several keys over four partitions equal those of one process that sees all events in order.
import t from 'tap';
import { murmur2 } from '../../src/core/murmur2.ts';
import { EmbeddedRun } from '../../src/testing/index.ts';
import {
  cardPayments,
  collecting,
  somePayments,
  vectorsInOrder,
  type Payment,
} from '../support/card-payments.ts';
import { randomIntegers } from '../support/random-integers.ts';

const PARTITIONS = 4;

function partitionOf({ card }: Payment): number {
  return (murmur2(Buffer.from(card)) & 0x7fffffff) % PARTITIONS;
}

void t.test('each vector has the features of every entity, also after crashes', async (t) => {
  const integers = randomIntegers(7);
  const payments = somePayments(400, () => integers() / 2 ** 32, Date.UTC(2026, 0, 1));
  const found = new Map<string, readonly number[]>();
  const run = await EmbeddedRun.start(cardPayments([collecting(found)]));
  for (const [i, payment] of payments.entries()) {
    await run.send([payment], partitionOf(payment));
    if (i % 100 !== 77) continue;
    await run.crash();
    await run.restart();
    if (i > 200) await run.committed();
  }
  await run.committed();
  await run.stop();
  const expected = await vectorsInOrder(payments);
  t.equal(found.size, expected.size);
  const wrong = [...expected].filter(([id, vector]) => found.get(id)?.join() !== vector.join());
  t.same(wrong, []);
});
