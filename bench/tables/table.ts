// The lookup table that the bench reads (control path).
import { double, json, string, table, type Table } from '../../src/index.ts';

export const TOPIC = 'bench-merchants';

export const merchants: Table = table('merchants', {
  schema: { id: string, category: string, limit: double },
  key: 'id',
  topic: TOPIC,
  format: json(),
});
