// Dictionaries: dense codes in order of first appearance.
import fc from 'fast-check';
import t from 'tap';
import { Dictionary, NULL_CODE } from '../../src/core/dictionary.ts';

t.test('property: codes are dense, stay, and lead back', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('__proto__', '', 'a', 'A'))), (values) => {
      const dictionary = new Dictionary();
      const order = [...new Set(values)];
      const codes = values.map((value) => dictionary.encode(value));
      return (
        dictionary.size === order.length &&
        values.every((value, i) => codes[i] === order.indexOf(value)) &&
        values.every((value, i) => dictionary.decode(codes[i] as number) === value) &&
        values.every((value, i) => dictionary.find(value) === codes[i])
      );
    }),
    { seed: 3 },
  );
  t.pass();
});

t.test('what was never met', async (t) => {
  const dictionary = new Dictionary();
  dictionary.encode('a');
  t.equal(dictionary.find('b'), NULL_CODE);
  t.equal(dictionary.size, 1, 'looking is not adding');
  t.equal(dictionary.decode(NULL_CODE), undefined);
  t.equal(dictionary.decode(1), undefined);
});
