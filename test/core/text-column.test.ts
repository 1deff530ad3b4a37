// Texts in two arrays, against arrays of strings.
import fc from 'fast-check';
import t from 'tap';
import { joinTexts, pickTexts, textAt, textColumn, textRows, textsOf } from '../../src/core/text-column.ts';

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 20 });

t.test('rows, picked rows and joined columns are those of the strings', async () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), fc.nat(), fc.nat(), (parts, a, b) => {
      const all = parts.flat();
      const [from, to] = [a % (all.length + 1), b % (all.length + 1)].sort((x, y) => x - y) as [
        number,
        number,
      ];
      const column = joinTexts(parts.map(textColumn));
      t.strictSame(textsOf(column), all);
      const rows = textRows(column, from, to);
      t.strictSame(textsOf(rows), all.slice(from, to));
      t.strictSame(textsOf(joinTexts([rows, rows])), [...all.slice(from, to), ...all.slice(from, to)]);
      const picked = Uint32Array.from({ length: to - from }, (_, i) => (i * 7) % (to - from));
      const wanted = Array.from(picked, (row) => all[from + row]);
      t.strictSame(textsOf(pickTexts(rows, picked)), wanted);
      t.equal(textAt(rows, to - from), '', 'of a row that there is not');
    }),
  );
});
