// Code and prose of a source are separated however they are nested.
import t from 'tap';
import { splitSource } from '../../../tools/lint/split-source.ts';

/** Source, words of its code, words of its prose. */
const cases: ReadonlyArray<readonly [source: string, code: string, prose: string]> = [
  ['a = 1; // b', 'a 1', 'b'],
  ['a /* b */ c', 'a c', 'b'],
  ["x('y // z'); w", 'x w', 'y z'],
  ['`a ${b} c`; d', 'b d', 'a c'],
  ['`${`x${y}`} z`', 'y', 'x z'],
  ['`${ {a: 1} } b`', 'a 1', 'b'],
  ['a = b / c / d', 'a b c d', ''],
  ['a = /b"c/; d', 'a d', 'b c'],
  ["'it\\'s'; d", 'd', 'it s'],
];

const words = (text: string): string => (text.match(/\w+/g) ?? []).join(' ');

for (const [source, code, prose] of cases) {
  t.test(source, (t) => {
    const split = splitSource(source);
    t.equal(words(split.code), code);
    t.equal(words(split.prose), prose);
    t.equal(split.code.length, source.length, 'columns stay');
    t.equal(split.prose.length, source.length);
    t.end();
  });
}
