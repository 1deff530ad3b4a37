// Instants as text: RFC 3339 for events, ISO 8601 for files; neither depends on the zone of the process.
import t from 'tap';
import { instantOf, instantOfIso } from '../../src/core/instant.ts';

const NOON_MS = Date.UTC(2026, 4, 1, 12);

t.before(() => (process.env['TZ'] = 'Asia/Tokyo'));

t.test('a date-time of RFC 3339 is an instant for events and files', async (t) => {
  for (const text of ['2026-05-01T12:00:00Z', '2026-05-01 14:00:00+02:00', '2026-05-01t12:00:00.0z']) {
    t.equal(instantOf(text), NOON_MS, text);
    t.equal(instantOfIso(text), NOON_MS, text);
  }
  t.equal(instantOf('2026-05-01T12:00:00.9999Z'), NOON_MS + 999, 'digits behind milliseconds are cut off');
});

t.test('files may leave the offset, the seconds and the time out, which is UTC', async (t) => {
  const texts = ['2026-05-01T12:00:00', '2026-05-01 12:00', '2026-05-01 12:00:00 UTC', '2026-05-01T14:00+02'];
  for (const text of texts) {
    t.equal(instantOfIso(text), NOON_MS, text);
    t.ok(Number.isNaN(instantOf(text)), `${text} is none in an event`);
  }
  t.equal(instantOfIso('2026-05-01'), Date.UTC(2026, 4, 1));
});

t.test('nothing is guessed', async (t) => {
  for (const text of ['2026-02-30T00:00:00Z', '2026-02-29', '2026-05-01T24:00:00Z', 'May 1, 2026', '5', ''])
    t.ok(Number.isNaN(instantOf(text)) && Number.isNaN(instantOfIso(text)), text);
});
