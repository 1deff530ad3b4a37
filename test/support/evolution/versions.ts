// Producers that register newer schemas while a topology runs: what each of their records becomes.
import type { Test } from 'tap';
import { avro } from '../../../src/adapters/avro/format.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { writeFrame } from '../../../src/adapters/shared/wire-format.ts';
import {
  defineTopology,
  double,
  enumeration,
  features,
  json,
  nullable,
  numeric,
  protobuf,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Format,
  type Source,
} from '../../../src/index.ts';
import { EmbeddedRun } from '../../../src/testing/index.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';
import { decodedRecords } from '../../adapters/decoded-records.ts';
import { RegistryServer, type WorldRegistry } from '../../gauntlet/registry.ts';

export const AT = 1_700_000_000_000;
const columns = {
  id: string,
  kind: enumeration(['CARD', 'CASH']),
  amount: double,
  tip: nullable(double),
  'buyer.country': nullable(string),
  'pay.iban': nullable(string),
  at: timestamp,
};

/** What one version's producer writes, and what becomes of each record: the columns that differ from `usual`, or why it is none. */
export interface Version {
  readonly what: string;
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly schema: string;
  readonly records: ReadonlyArray<
    readonly [value: Buffer, outcome: Readonly<Record<string, unknown>> | RegExp]
  >;
}

const usual = { kind: 'CARD', amount: 2.5, tip: 1, 'buyer.country': 'PT', 'pay.iban': null, at: AT };

/** A topology that runs, and its registry. */
export interface Evolving {
  readonly world: WorldRegistry;
  readonly run: EmbeddedRun;
  /** Decodes as the engine does. */
  readonly inColumns: SourceFormat;
}

/** A topology whose format reads its registry over HTTP, as it does in production. */
export async function opened(t: Test, format: Format): Promise<Evolving> {
  const server = await RegistryServer.start();
  t.teardown(() => server.close());
  const world = server.open('registry', 100);
  const schemas = new ProjectSchemas({ registry: { url: `${server.url}/registry` }, schemaFolders: [] });
  const sourceOf = (one: Format): Source<typeof columns> =>
    source('payments', { schema: columns, eventTime: 'at', partitions: 1, format: one });
  const inColumns = new SourceFormat(sourceOf(format), schemas, avro(), [avro(), json(), protobuf()]);
  const topology = defineTopology(sourceOf({ ...format, decoder: () => inColumns.decoder() }), {
    name: 'evolution',
    stages: [
      watermarks({ allowedAheadMs: Number.POSITIVE_INFINITY }),
      features({ fields: { amount: numeric('amount') } }),
      score({ key: 'id' }),
    ],
  });
  const run = await EmbeddedRun.start(topology);
  return { world, run, inColumns };
}

/** Registers each version once the records of the one before are committed, and restarts nothing. */
export async function testVersions(t: Test, format: Format, versions: readonly Version[]): Promise<void> {
  const { world, run, inColumns } = await opened(t, format);
  const events: string[] = [];
  const letters: Array<readonly [what: string, reason: RegExp]> = [];
  for (const { what, type, schema, records } of versions) {
    const id = world.add('payments-value', schema, type);
    const values = records.map(([value]) => framed(id, value));
    await run.sendValues(values);
    await run.committed();
    for (const [i, found] of (await decodedRecords(inColumns, values)).entries()) {
      const outcome = records[i]?.[1];
      if (outcome instanceof RegExp) {
        letters.push([what, outcome]);
        t.match(found, outcome, what);
      } else {
        events.push(what);
        t.strictSame(found, { id: what, ...usual, ...outcome }, what);
      }
    }
  }
  t.strictSame(
    (await run.predictions()).map(({ key }) => key),
    events,
    'the engine predicts the events',
  );
  const found = await run.deadLetters();
  t.equal(found.length, letters.length, 'and sets the others aside');
  for (const [i, { code, message }] of found.entries())
    t.match(`${code}: ${message}`, letters[i]?.[1], `dead letter: ${letters[i]?.[0]}`);
  await run.stop();
}

export function framed(id: number, value: Buffer): Buffer {
  const record = Buffer.concat([Buffer.alloc(5), value]);
  writeFrame(record, id);
  return record;
}

/** Of the columns, as a producer gives it. */
export const base: object = { amount: 2.5, tip: 1, buyer: { country: 'PT' }, at: BigInt(AT) };
export type Outcome = Readonly<Record<string, unknown>> | RegExp;
