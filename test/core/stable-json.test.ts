// JSON that is equal for equal values.
import t from 'tap';
import { stableJson } from '../../src/core/stable-json.ts';

t.test('equal values give equal text, other values other text', async (t) => {
  t.equal(stableJson({ b: [1, { d: 1, c: 'x' }], a: null }), '{"a":null,"b":[1,{"c":"x","d":1}]}');
  t.equal(stableJson({ a: 1, b: undefined }), stableJson({ a: 1 }));
  t.equal(stableJson([Number.NaN, Number.POSITIVE_INFINITY, -Infinity]), '["NaN","Infinity","-Infinity"]');
});

t.test('what is not plain data is refused', async (t) => {
  const invalid = { code: 'TOPOLOGY_INVALID', where: 'f' };
  t.throws(() => stableJson({ f: () => 1 }), invalid);
  t.throws(() => stableJson({ f: 1n }), invalid);
  t.throws(() => stableJson({ f: Symbol('s') }), invalid);
});
