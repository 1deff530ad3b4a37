// An engine as `millrace run` wires it, without history, learning loop and port (control path).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avro } from '../../src/adapters/avro/format.ts';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import { SqliteStateStores } from '../../src/adapters/embedded/state-store.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { openTelemetry } from '../../src/adapters/metrics/telemetry.ts';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import type { Topology } from '../../src/index.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import type { StateStores } from '../../src/ports/state-store.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import type { ControlLink } from '../../src/runtime/boundaries/control-link.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { ModelHub } from '../../src/runtime/models/model-hub.ts';
import { defaultTaskSettings } from '../../src/runtime/task/task-parts.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { NO_QUARANTINE } from '../../src/runtime/quarantine/record-quarantine.ts';
import { topicSpecs } from '../../src/topology/topics.ts';
import { openCodec } from '../jobs/codec.ts';
import { openSinks } from '../../src/runtime/commit/open-sinks.ts';
import { CommitTimes } from './commit-times.ts';

/** Where an engine reads and keeps its state. */
export interface Place {
  /** Null: the log in the process, its topics in memory as with `npm start`. */
  readonly brokers: readonly string[] | null;
  /** Null: node:sqlite, in `stateFile`. */
  readonly redisUrl: string | null;
  /** Null: a file of its own, gone with the process. */
  readonly stateFile: string | null;
  readonly sessionTimeoutMs?: number;
  /** Where schema ids are kept; nowhere where it is left out. */
  readonly registryFile?: string;
}

export interface BenchEngine {
  readonly engine: Engine;
  readonly log: EventLog;
  /** The same log where it is the one in the process. */
  readonly embedded: EmbeddedLog | null;
  readonly telemetry: CommitTimes;
  close(): Promise<void>;
}

const STOP_MS_MAX = 10_000;

/** The bench's topologies have no control boundaries. */
const NO_CONTROL: ControlLink = {
  sourceEnded: false,
  isDurable: false,
  join: () => undefined,
  active: () => undefined,
  idle: () => undefined,
  leave: () => undefined,
  closeEpoch: () => [],
  arrive: async () => true,
  resume: async () => true,
};

export function openStores(place: Place, telemetry: Telemetry, folder: string): StateStores {
  if (place.redisUrl !== null) return redisStateStores({ url: place.redisUrl, telemetry });
  return new SqliteStateStores({ path: place.stateFile ?? join(folder, 'state.db') });
}

export function openBenchTelemetry(): Promise<Telemetry> {
  return openTelemetry({ level: 'error', pretty: false, strict: false });
}

export async function openEngine(
  place: Place,
  topology: Topology,
  /** Null: the fallback serves. */
  model: Uint8Array | null,
  sinks: readonly SinkDefinition[],
): Promise<BenchEngine> {
  // Made only where it is needed: a process that is killed would leave it behind.
  const needsFolder = place.redisUrl === null && place.stateFile === null;
  const folder = needsFolder ? mkdtempSync(join(tmpdir(), 'millrace-bench-')) : '';
  const telemetry = new CommitTimes(await openBenchTelemetry());
  const { brokers, sessionTimeoutMs } = place;
  const embedded = brokers === null ? new EmbeddedLog({ path: null }) : null;
  const timeout = sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs };
  const log: EventLog = embedded ?? new KafkaEventLog({ brokers: brokers ?? [], ...timeout }, telemetry);
  const stores = openStores(place, telemetry, folder);
  const scorers = await OnnxScorers.open({ providers: ['cpu'] });
  const hub = new ModelHub();
  const width = topology.features?.features.length ?? 0;
  if (model !== null) hub.promote(await scorers.load('bench', model, width), 0);
  await log.ensureTopics(topicSpecs(topology));
  const codec = await openCodec(`${topology.source.topic}-value`, place.registryFile);
  const engine = new Engine({
    topology,
    log,
    format: new SourceFormat(topology.source, codec.schemas, avro()),
    codec,
    stores,
    history: null,
    sinks: await openSinks(sinks, topology, telemetry, folder),
    hub,
    control: NO_CONTROL,
    telemetry,
    quarantine: NO_QUARANTINE,
    nowMs: Date.now,
    settings: defaultTaskSettings,
  });
  engine.failure.catch((error: Error) => {
    process.stderr.write(`bench: the engine failed: ${error.message}\n`);
    process.exit(1);
  });
  await engine.start();
  return {
    engine,
    log,
    embedded,
    telemetry,
    async close(): Promise<void> {
      await engine.stop(STOP_MS_MAX);
      await hub.close();
      await scorers.close();
      await stores.close();
      await log.close();
      if (needsFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
