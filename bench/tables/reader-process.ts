// The process that reads a lookup table at its start (control path).
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import { json, type Table } from '../../src/index.ts';
import type { TopicOrigin } from '../../src/ports/table.ts';
import { NO_QUARANTINE } from '../../src/runtime/quarantine/record-quarantine.ts';
import { openTopicTable } from '../../src/runtime/tables/open-topic-table.ts';
import { TableStore } from '../../src/runtime/tables/table-store.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { argument, tellParent } from '../child.ts';
import { openBenchTelemetry } from '../engine/open.ts';
import { merchants } from './table.ts';

export interface TableRequest {
  readonly brokers: readonly string[];
}

/** What a start takes. */
export interface TableAnswer {
  readonly kind: 'loaded';
  readonly seconds: number;
  /** CPU of all threads, s. */
  readonly cpuSeconds: number;
  /** Resident memory that the rows take, after garbage collection, MiB. */
  readonly mebibytes: number;
  /** CPU of the turns of the event loop that took most, ms, descending. */
  readonly turnsMs: readonly number[];
}

const TURN_MS = 1;
const TURNS = 5;
const MIB = 2 ** 20;

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function residentMib(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / MIB;
}

async function load({ brokers }: TableRequest, declared: Table): Promise<TableAnswer> {
  const telemetry = await openBenchTelemetry();
  const log = new KafkaEventLog({ brokers }, telemetry);
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  const { category, limit } = declared.columns;
  const schema = schemaOf({ ...(category && { category }), ...(limit && { limit }) });
  const store = new TableStore({ table: declared, topology: 'bench', schema, telemetry });
  const opened = openTopicTable({
    topology: 'bench',
    origin: declared.from as TopicOrigin, // it is declared with a topic
    store,
    log,
    openFormat: (given) => new SourceFormat(given, schemas, json()),
    quarantine: NO_QUARANTINE,
    telemetry,
    nowMs: Date.now,
  });
  const before = residentMib();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const turns: number[] = [];
  let lastMs = threadMs();
  const timer = setInterval(() => {
    const nowMs = threadMs();
    turns.push(nowMs - lastMs);
    lastMs = nowMs;
  }, TURN_MS);
  const failed = Promise.withResolvers<never>();
  opened.start(failed.reject);
  await Promise.race([opened.ready(startedMs), failed.promise]);
  clearInterval(timer);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const mebibytes = residentMib() - before;
  opened.close();
  await log.close();
  const turnsMs = turns.toSorted((a, b) => b - a).slice(0, TURNS);
  return { kind: 'loaded', seconds, cpuSeconds: (user + system) / 1e6, mebibytes, turnsMs };
}

tellParent(await load(argument() as TableRequest, merchants)); // what the suite gives
