import t from 'tap';
import { didYouMean, suggest } from '../../src/core/suggest.ts';

const names = ['amount', 'merchant', 'at', 'card'];

t.test('the closest name, for one that is misspelt', (t) => {
  t.equal(suggest('amout', names), 'amount', 'a letter missing');
  t.equal(suggest('amuont', names), 'amount', 'two letters swapped');
  t.equal(suggest('Merchant', names), 'merchant', 'another case');
  t.equal(suggest('cards', names), 'card', 'a letter too many');
  t.equal(suggest('country', names), null, 'nothing is close');
  t.equal(suggest('amount', []), null);
  t.end();
});

t.test('as the end of a message', (t) => {
  t.equal(didYouMean('amout', names), '; did you mean amount?');
  t.equal(didYouMean('country', names), '');
  t.end();
});
