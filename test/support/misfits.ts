// Events that no encoder takes, each by the column that it names.
import type { Test } from 'tap';
import type { EventEncoder, EventRow } from '../../src/ports/format.ts';

/** Of the columns id (string), kind (enumeration), flag, count (int), total (long), small (float), after.amount and at. */
export const misfits: readonly EventRow[] = [
  { id: null },
  { id: 1 },
  { id: '\ud800' },
  { kind: 'cash' },
  { flag: 2 },
  { count: 1.5 },
  { count: 2 ** 31 },
  { total: 2 ** 53 },
  { small: 1e39 },
  { 'after.amount': Number.POSITIVE_INFINITY },
  { at: Number.NaN },
];

/** @param event that the encoder takes */
export function refusesMisfits(
  t: Test,
  encoder: EventEncoder,
  event: EventRow,
  { source, rows }: { readonly source: string; readonly rows: readonly EventRow[] },
): void {
  for (const misfit of rows) {
    const [name = ''] = Object.keys(misfit);
    t.throws(() => encoder.encode({ ...event, ...misfit }), {
      code: 'SCHEMA_INVALID',
      where: `source ${source}, column ${name}`,
    });
    t.equal(encoder.misfit?.({ ...event, ...misfit }), name);
  }
}
