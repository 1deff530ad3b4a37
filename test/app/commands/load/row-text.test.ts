// Rows of files as text.
import t from 'tap';
import { rowText } from '../../../../src/app/commands/load/row-text.ts';

t.test('a row is its values as JSON, or what the file has', async (t) => {
  t.equal(rowText({ place: 1, values: [1n, null, 'a'] }), '["1",null,"a"]');
  t.equal(rowText({ place: 1, values: null, fault: 'no', text: '{' }), '{');
});

t.test('one that is nested without end does not end the load', async (t) => {
  const levels = 1_000_000;
  const values = JSON.parse(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`) as object;
  t.equal(rowText({ place: 1, values }), '');
});
