// The door for events of a running topology (control path): writes them as `millrace produce` does.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Ingest } from '../../ports/ingest.ts';
import { KnownKeys } from '../../runtime/ingest/known-keys.ts';
import { RecordQueue } from '../../runtime/ingest/record-queue.ts';
import { RowEncoder } from '../../runtime/ingest/row-encoder.ts';
import { RowReader } from '../../runtime/ingest/row-reader.ts';
import { TopicIngest } from '../../runtime/ingest/topic-ingest.ts';
import type { Topology } from '../../topology/define.ts';
import { givenColumns } from '../../topology/source-format.ts';
import { groupOf, ingestedSpec } from '../../topology/topics.ts';
import { openFormat, type Adapters } from './adapters.ts';
import { recordKey, recordKeyOf } from './record-key.ts';

/**
 * @param isReplaying whether a file is still being read: an event of the present would make the rest of it late
 * @param port of this process: with the name of the machine it makes a transactional id that the process has again after a
 *   restart, so that it ends at once what it left open when it was killed
 */
export function openIngest(
  topology: Topology,
  adapters: Adapters,
  port: () => number,
  isReplaying: () => boolean,
): Ingest {
  const { log, schemas, telemetry, quarantines } = adapters;
  const { topic, eventTime, schema = null } = topology.source;
  const keyColumns = recordKeyOf(topology);
  return new TopicIngest({
    topology: topology.name,
    topic,
    log,
    queue: new RecordQueue({
      open: (isFenced) =>
        log.recordWriter(
          `${groupOf(topology.name)}.ingest.${hostname()}:${port()}${isFenced ? `.${randomUUID()}` : ''}`,
        ),
      telemetry,
      where: topic,
    }),
    keys: new KnownKeys({
      log,
      spec: ingestedSpec(topology.name),
      quarantine: quarantines.of(topology.name),
      nowMs: Date.now,
    }),
    async encoder() {
      const format = openFormat(topology, schemas);
      const decoder = await format.decoder();
      const encoder = await format.encoder();
      return new RowEncoder({
        reader: new RowReader({
          schema: givenColumns(decoder.schema, encoder),
          declared: schema,
          eventTime,
          nowMs: Date.now,
        }),
        encoder,
        keyOf: (row) => recordKey(row, keyColumns),
        nowMs: Date.now,
      });
    },
    isReplaying,
    telemetry,
    nowMs: Date.now,
  });
}
