// What a table of a topic waits for, and for how long, on a log that fails.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { double, json, string, table } from '../../../src/index.ts';
import type { TopicOrigin } from '../../../src/ports/table.ts';
import { NO_QUARANTINE } from '../../../src/runtime/quarantine/record-quarantine.ts';
import type { TableLog } from '../../../src/runtime/tables/bounded-log.ts';
import { openTopicTable } from '../../../src/runtime/tables/open-topic-table.ts';
import { TableStore } from '../../../src/runtime/tables/table-store.ts';
import type { TopicTable } from '../../../src/runtime/tables/topic-table.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';

interface World {
  readonly opened: TopicTable;
  readonly telemetry: FakeTelemetry;
  readonly failures: Error[];
  /** What requests for ends are answered with instead; null for the log's own answer. */
  fault: (() => Promise<never>) | null;
}

async function world(t: Test, options: object = {}): Promise<World> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([{ topic: 'rates', partitions: 1, compacted: true, retentionMs: -1 }]);
  const declared = table('rates', {
    schema: { code: string, rate: double },
    key: 'code',
    topic: 'rates',
    format: json(),
    ...options,
  });
  const telemetry = new FakeTelemetry();
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  const failures: Error[] = [];
  const asked: TableLog = {
    offsets: (topic) => log.offsets(topic),
    partitionCounts: (topics) => log.partitionCounts(topics),
    read: (topic, partition, from, to) => log.read(topic, partition, from, to),
    topicId: () => log.topicId(),
    ends: (topic) => made.fault?.() ?? log.ends(topic),
  };
  const made: World = {
    telemetry,
    failures,
    fault: null,
    opened: openTopicTable({
      topology: 'x',
      origin: declared.from as TopicOrigin,
      store: new TableStore({
        table: declared,
        topology: 'x',
        schema: schemaOf({ rate: double }),
        telemetry,
      }),
      log: asked,
      openFormat: (given) => new SourceFormat(given, schemas, json()),
      quarantine: NO_QUARANTINE,
      telemetry,
      nowMs: Date.now,
    }),
  };
  t.teardown(async () => {
    made.opened.close();
    await log.close();
  });
  made.opened.start((error) => failures.push(error));
  return made;
}

const exceeded = (telemetry: FakeTelemetry): number =>
  telemetry.counts.get('table_waits_exceeded_total') ?? 0;

t.test('a batch waits for as long as it may, and the next ones not until the topic answers', async (t) => {
  const made = await world(t, { waitMs: 50 });
  const { opened, telemetry } = made;
  await opened.ready(performance.now());
  made.fault = () => Promise.reject(new MillraceError('LOG_UNAVAILABLE', 'away'));
  const wait = opened.caughtUp(performance.now());
  t.ok(wait);
  await wait;
  t.equal(exceeded(telemetry), 1);
  t.match(telemetry.conditions.get('table_behind rates'), 'away');
  t.equal(opened.caughtUp(performance.now()), undefined);
  made.fault = null;
  while (telemetry.conditions.has('table_behind rates')) await sleep(5);
  t.ok(opened.caughtUp(performance.now()));
  t.equal(exceeded(telemetry), 1);
  t.strictSame(made.failures, []);
});

t.test('what arrived before the last look waits for nothing', async (t) => {
  const { opened } = await world(t);
  const beforeMs = performance.now();
  await opened.ready(performance.now());
  t.equal(opened.caughtUp(beforeMs), undefined);
  const none = await world(t, { waitMs: 0 });
  await none.opened.ready(performance.now());
  t.equal(none.opened.caughtUp(performance.now()), undefined, 'with waitMs: 0 nothing waits at all');
});

t.test('a topic that may not be read ends the process', async (t) => {
  const made = await world(t);
  made.fault = () => Promise.reject(new MillraceError('LOG_FAILED', 'not authorized'));
  while (made.failures.length === 0) await sleep(5);
  t.match(made.failures, [{ code: 'LOG_FAILED' }]);
  t.equal(exceeded(made.telemetry), 0);
});

t.test('closing ends every wait', async (t) => {
  const made = await world(t);
  await made.opened.ready(performance.now());
  made.fault = () => new Promise(() => undefined);
  const wait = made.opened.caughtUp(performance.now());
  const ready = made.opened.ready(performance.now());
  made.opened.close();
  await wait;
  await ready;
  t.equal(made.opened.caughtUp(performance.now()), undefined);
});
