/** What every client of a schema registry must do. */
import t from 'tap';
import type { RegistryClient } from '../../src/adapters/schemas/registry-client.ts';

const FIRST = { language: 'AVRO', text: '{"type":"record","name":"a","fields":[]}' } as const;
const SECOND = {
  language: 'AVRO',
  text: '{"type":"record","name":"a","fields":[{"name":"x","type":["null","int"],"default":null}]}',
} as const;
const JSON_SCHEMA = {
  language: 'JSON',
  text: '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}',
} as const;

/** `open` gives a client of a registry without schemas; `again` one more of the same registry. */
export function schemaRegistryContract(
  name: string,
  open: () => Promise<{ readonly client: RegistryClient; readonly again: () => Promise<RegistryClient> }>,
): void {
  t.test(`${name}: a schema is registered once`, async (t) => {
    const { client } = await open();
    t.equal(await client.idOf('a-value', FIRST), null);
    const id = await client.register('a-value', FIRST);
    t.equal(await client.register('a-value', FIRST), id);
    t.equal(await client.idOf('a-value', FIRST), id);
    t.not(await client.register('a-value', SECOND), id, 'another version has an id of its own');
  });

  t.test(`${name}: schemas are found by their ids, with their language`, async (t) => {
    const { client } = await open();
    const ids = [await client.register('a-value', FIRST), await client.register('b-value', JSON_SCHEMA)];
    t.strictSame(await client.schemasOf([...ids, 999, 0, 2 ** 31]), [FIRST, JSON_SCHEMA, null, null, null]);
  });

  t.test(`${name}: clients that register at the same time agree`, async (t) => {
    const { client, again } = await open();
    const subjects = ['a', 'b', 'c', 'd'];
    const ids = await Promise.all(subjects.map((subject) => client.register(subject, FIRST)));
    const later = await again();
    t.strictSame(await Promise.all(subjects.map((subject) => later.idOf(subject, FIRST))), ids);
    t.strictSame(
      await later.schemasOf(ids),
      Array.from(ids, () => FIRST),
    );
  });

  t.test(`${name}: what another client registers is found`, async (t) => {
    const { client, again } = await open();
    const other = await again();
    const first = await client.register('a-value', FIRST);
    t.equal(await other.register('a-value', FIRST), first);
    const second = await other.register('a-value', SECOND);
    t.strictSame(await client.schemasOf([second]), [SECOND]);
    const third = await client.register('b-value', FIRST);
    t.not(third, second, 'no id is assigned twice');
  });
}
