// A framed value is read back, or not at all.
import fc from 'fast-check';
import t from 'tap';
import { frameOf, frameScope, openFrames } from '../../src/core/state-frame.ts';

const scope = frameScope('topology, topic-0');
const bytes = fc.uint8Array({ maxLength: 60 });
const key = fc.string({ unit: 'grapheme', maxLength: 20 });

t.test('any payloads come back joined', async (t) => {
  fc.assert(
    fc.property(key, fc.array(bytes, { minLength: 1, maxLength: 4 }), (name, payloads) => {
      const value = Buffer.concat(payloads.map((payload) => frameOf(scope, name, payload)));
      const back = openFrames(scope, name, value);
      t.ok(back !== null && Buffer.from(back).equals(Buffer.concat(payloads)));
    }),
    { numRuns: 100 },
  );
});

t.test('a value that was cut, changed or put elsewhere does not verify', async (t) => {
  const value = frameOf(scope, 'view:a', Buffer.from('some state'));
  for (let length = 0; length < value.length; length++)
    t.equal(openFrames(scope, 'view:a', value.subarray(0, length)), null, `cut to ${length}`);
  for (let bit = 0; bit < value.length * 8; bit++) {
    const changed = Buffer.from(value);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    t.equal(openFrames(scope, 'view:a', changed), null, `bit ${bit}`);
  }
  t.equal(openFrames(scope, 'view:b', value), null, 'under another key');
  t.equal(openFrames(frameScope('topology, topic-1'), 'view:a', value), null, 'in another partition');
  t.equal(openFrames(scope, 'view:a', Buffer.concat([value, Buffer.of(1)])), null, 'with more behind it');
  t.equal(openFrames(scope, 'view:a', Buffer.alloc(0)), null);
});

t.test('any bytes are refused without an error', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (value) => openFrames(scope, 'k', value) === null),
  );
});
