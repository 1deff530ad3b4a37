import t from 'tap';
import { nearest, unknownKeys } from '../../src/core/unknown-keys.ts';

const known = ['firstRows', 'everyRows', 'schedule', 'seed'];

t.test('a misspelt key comes with the one that was probably meant', async (t) => {
  t.same(unknownKeys({ everyRow: 1, seed: 2 }, known, 'option of retraining'), [
    "there is no option of retraining 'everyRow'; did you mean 'everyRows'?",
  ]);
  t.equal(nearest('everyrows', known), 'everyRows');
  t.equal(nearest('shcedule', known), 'schedule');
  t.equal(nearest('sede', known), 'seed', 'a swap of neighbours is one edit');
});

t.test('a key that is like none comes with all that there are', async (t) => {
  t.same(unknownKeys({ colour: 1 }, known), [
    "there is no option 'colour': there are firstRows, everyRows, schedule, seed",
  ]);
  t.same(unknownKeys({ colour: 1 }, []), ["there is no option 'colour'"]);
  t.equal(nearest('see', ['a', 'b']), null);
});
