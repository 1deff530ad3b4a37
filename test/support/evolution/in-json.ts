// Versions of a JSON Schema, each with other properties than the base's.
import { AT, base, type Outcome, type Version } from './versions.ts';

const object = (properties: object, more: object = {}): string =>
  JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties, ...more });
const properties = {
  id: { type: 'string' },
  kind: { enum: ['CARD', 'CASH'] },
  amount: { type: 'number' },
  tip: { type: 'number' },
  buyer: { type: 'object', properties: { country: { type: 'string' } } },
  pay: { type: 'object', properties: { iban: { type: 'string' } } },
  at: { type: 'integer' },
};

export function inJson(what: string, changed: object, more: object = {}, outcome: Outcome = {}): Version {
  const row = { id: what, kind: 'CARD', ...base, at: AT, ...more };
  const { $schema: ofAll = {}, ...own } = changed as { readonly $schema?: object };
  const schema = object({ ...properties, ...own }, ofAll);
  return { what, type: 'JSON', schema, records: [[Buffer.from(JSON.stringify(row)), outcome]] };
}
