// `millrace schema` and its verbs (control path).
import { SCHEMA_SAMPLE_RECORDS } from '../../core/log-limits.ts';
import { count, text } from '../cli/flags.ts';
import { configuredVerb, defaulted, type Verb, valued, verbGroup } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';

const infer = configuredVerb({
  name: 'infer',
  description: 'Write a source with the columns that JSON records have, as TypeScript',
  arguments: {
    records: { description: 'file of JSON objects, one per line, - for standard input, or a topic' },
  },
  options: {
    limit: defaulted(
      '--limit <records>',
      'the first records of a file, or the newest of a topic, at most so many',
      count,
      String(SCHEMA_SAMPLE_RECORDS),
    ),
    topic: valued(
      '--topic <name>',
      'topic of the source; by default that of the records, or the name of the file',
      text,
    ),
    data: DATA,
  },
  notes: `What it finds is a proposal: commit it and correct it. A column is nullable if a record lacks it. What the columns of a
source cannot hold, lists among others, is named in a comment. Standard error says how many records were read.`,
  examples: ['millrace schema infer payments.ndjson', 'millrace schema infer payments --limit 100000'],
  async action({ records, limit, topic, data }, config) {
    const { inferSchema } = await import('./schema/infer-schema.ts');
    await inferSchema(records, at(config, data), { limit, topic });
  },
});

export const schema: Verb = verbGroup({
  name: 'schema',
  description: 'Find the columns of events',
  examples: ['millrace schema infer payments.ndjson'],
  verbs: [infer],
});
