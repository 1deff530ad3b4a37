// Places of rows: ordered as the rows are, exact, and written as ids that are read back.
import fc from 'fast-check';
import t from 'tap';
import { parsePredictionId, predictionId } from '../../src/core/blocks.ts';
import { LIST_ITEMS_MAX } from '../../src/core/event-limits.ts';
import {
  BEHIND_PLACE,
  FLATTENED_OFFSET_MAX,
  itemOfPlace,
  offsetOfPlace,
  isPlace,
  PLACE_TEXT_BYTES_MAX,
  placeAtEnd,
  placeBefore,
  placeOfItem,
  PLACES_PER_OFFSET,
  placeText,
  writePlace,
} from '../../src/core/place.ts';
import { sampleHash } from '../../src/stats/row-sample.ts';

const origin = { topic: 'lines-0', partition: 3 };
function written(place: number): string {
  const bytes = Buffer.alloc(PLACE_TEXT_BYTES_MAX + 2);
  return bytes.toString('latin1', 2, writePlace(bytes, 2, place));
}

const offsets = fc.nat({ max: FLATTENED_OFFSET_MAX - 1 });

t.test('every item of a list has a place, and there is room behind the last one', async (t) => {
  t.ok(placeOfItem(0, LIST_ITEMS_MAX) + BEHIND_PLACE < 0.5);
  t.ok(LIST_ITEMS_MAX < PLACES_PER_OFFSET / 2);
});

t.test('property: a place is exact up to the greatest offset, and so is its id', async (t) => {
  fc.assert(
    fc.property(offsets, fc.integer({ min: -1, max: LIST_ITEMS_MAX - 1 }), (offset, item) => {
      const place = placeOfItem(offset, item);
      const id = predictionId(origin, place);
      const parsed = parsePredictionId(id);
      return (
        offsetOfPlace(place) === offset &&
        itemOfPlace(place) === item &&
        place + BEHIND_PLACE > place &&
        place + BEHIND_PLACE < placeOfItem(offset, item + 1) &&
        placeBefore(place) < place &&
        (item < 1 || placeBefore(place) === placeOfItem(offset, item - 1)) &&
        id === `lines-0-3-${offset}${item < 0 ? '' : `.${item}`}` &&
        placeAtEnd(id) === place &&
        isPlace(place) &&
        !isPlace(place + BEHIND_PLACE) &&
        written(place) === placeText(place) &&
        parsed?.topic === 'lines-0' &&
        parsed.partition === 3 &&
        parsed.offset === place
      );
    }),
    { numRuns: 2_000 },
  );
  for (const none of [
    'lines',
    'lines-',
    'lines-7.',
    'lines-x',
    'lines-99999999999999999',
    `lines-${FLATTENED_OFFSET_MAX}.1`,
  ])
    t.ok(Number.isNaN(placeAtEnd(none)), none);
  for (const none of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, FLATTENED_OFFSET_MAX + 0.5, 0.1])
    t.notOk(isPlace(none), String(none));
  t.equal(parsePredictionId('lines-0-3-7.10000'), null);
  t.equal(parsePredictionId('lines-0-3-7.'), null);
});

t.test('items of one event are sampled apart from each other', async (t) => {
  const hashes = Array.from({ length: 1_000 }, (_, item) => sampleHash(7, placeOfItem(12, item)));
  t.equal(new Set(hashes).size, 1_000);
});
