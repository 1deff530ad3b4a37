// Infers a source from JSON records and prints it (control path).
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { STANDARD_INPUT } from '../../../adapters/files/file-bytes.ts';
import { MillraceError } from '../../../core/errors.ts';
import { openAppTelemetry, openLog } from '../../compose/adapters.ts';
import type { Config } from '../../settings/config.ts';
import { ObservedColumns } from './observed-columns.ts';
import { fileSamples, topicSamples, type Sample } from './record-samples.ts';
import { sourceModule } from './source-module.ts';

export interface InferOptions {
  /** Records to read at most. */
  readonly limit: number;
  /** Of the source; undefined for that of the records. */
  readonly topic: string | undefined;
}

/** @param records a file, - for standard input, or a topic. @throws DATA_INVALID if no record is a JSON object */
export async function inferSchema(records: string, config: Config, options: InferOptions): Promise<void> {
  const isFile = records === STANDARD_INPUT || statSync(records, { throwIfNoEntry: false }) !== undefined;
  const { observed, others } = isFile
    ? await observe(fileSamples(records, options.limit))
    : await observeTopic(records, config, options.limit);
  const what = isFile ? records : `topic ${records}`;
  const count = observed.records;
  if (count === 0) {
    throw new MillraceError('DATA_INVALID', 'there is no JSON object', {
      where: what,
      remedy: 'Name JSON objects, one per line; for Avro, run millrace types with the schema.',
    });
  }
  const topic = options.topic ?? (isFile ? topicOf(records) : records);
  const from = `${count} record${count === 1 ? '' : 's'} of ${what}`;
  process.stdout.write(sourceModule({ topic, from, columns: observed.columns() }));
  const left =
    others === 0
      ? ''
      : `; left out ${others} that ${others === 1 ? 'is no JSON object' : 'are no JSON objects'}`;
  const cut = observed.isCut
    ? '; there are more columns than a source should have, and the last are left out'
    : '';
  process.stderr.write(`millrace: inferred from ${from}${left}${cut}\n`);
}

interface Observed {
  readonly observed: ObservedColumns;
  /** Records that are no JSON objects. */
  readonly others: number;
}

async function observe(samples: AsyncIterable<Sample>): Promise<Observed> {
  const observed = new ObservedColumns(Date.now());
  let others = 0;
  for await (const sample of samples) {
    if (sample === null) others++;
    else observed.add(sample);
  }
  return { observed, others };
}

async function observeTopic(topic: string, config: Config, limit: number): Promise<Observed> {
  const log = await openLog(config, await openAppTelemetry(config));
  try {
    return await observe(topicSamples(log, topic, limit));
  } finally {
    await log.close();
  }
}

/** `data/payments.ndjson.gz` is called payments. */
function topicOf(file: string): string {
  const [name = ''] = basename(file).split('.');
  return /^[\w-]+$/.test(name) && file !== STANDARD_INPUT ? name : 'events';
}
