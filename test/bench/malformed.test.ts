// The malformed bench's own parts: the corpus is the same each time, and the oracle knows good from bad.
import { join } from 'node:path';
import t from 'tap';
import { openCodec } from '../../bench/jobs/codec.ts';
import type { Tick } from '../../bench/jobs/standard.ts';
import { Corpus, damages, type Damage } from '../../bench/malformed/corpus.ts';
import { Oracle, typeOf } from '../../bench/malformed/oracle.ts';
import { TIME_MAX, TIME_MIN } from '../../bench/malformed/topology.ts';

const EVENTS = 500;
const folder = join(import.meta.dirname, '..', '..', 'bench', 'jobs', 'schemas');
const encoder = await (await openCodec('ticks-value')).encoder<Tick>('ticks-value');
const tick: Tick = { id: '1', key: 'k', time: TIME_MIN, value: 1, quantity: 1 };
const oracle = new Oracle(typeOf(join(folder, 'ticks-value.avsc')), encoder.encode(tick).readInt32BE(1));

const events = (seed: number, damage: Damage): Array<Buffer | null> => {
  const corpus = new Corpus(seed, encoder, EVENTS);
  return Array.from({ length: EVENTS }, () => corpus.damaged(damage));
};

t.test('equal seeds make equal events', async (t) => {
  for (const damage of damages) t.strictSame(events(1, damage), events(1, damage), damage);
  t.not(events(1, 'truncated')[0]?.equals(events(2, 'truncated')[0] ?? Buffer.alloc(0)), true);
});

t.test(
  'undamaged events are good, damaged ones bad, and of the flipped bits some are harmless',
  async (t) => {
    const corpus = new Corpus(1, encoder, EVENTS);
    for (let i = 0; i < EVENTS; i++) if (!oracle.isGood(corpus.good())) t.fail(`event ${i} is called bad`);
    for (const damage of damages) {
      const good = events(1, damage).filter((bytes) => oracle.isGood(bytes)).length;
      if (damage === 'flipped bit') t.ok(good > 0 && good < EVENTS, `${good} of ${EVENTS}`);
      else t.equal(good, 0, damage);
    }
  },
);

t.test('what breaks the contract is bad, however whole its bytes are', async (t) => {
  const isGood = (but: Partial<Tick>): boolean => oracle.isGood(encoder.encode({ ...tick, ...but }));
  t.ok(isGood({}));
  for (const but of [{ value: 101 }, { value: Number.NaN }, { quantity: -1 }, { time: TIME_MAX + 1 }])
    t.notOk(isGood(but), JSON.stringify(but));
});
