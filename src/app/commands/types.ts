// `millrace types` (control path).
import { text } from '../cli/flags.ts';
import { type Verb, valued, verb } from '../cli/verb.ts';

export const types: Verb = verb({
  name: 'types',
  description:
    'Write the columns of an Avro schema as TypeScript, so that topologies are checked against them',
  arguments: { schema: { description: 'Avro schema, for example schemas/flights-value.avsc' } },
  options: { out: valued('--out <file>', 'file to write; standard output by default', text) },
  notes: 'The module exports the columns and the schema itself: give it to source() as its schema.',
  examples: [
    'millrace types schemas/flights-value.avsc',
    'millrace types schemas/flights-value.avsc --out topologies/flight-event.ts',
  ],
  async action({ schema, out }) {
    const { writeTypes } = await import('./types/write-types.ts');
    await writeTypes(schema, out ?? null);
  },
});
