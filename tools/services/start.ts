/** Kafka, Redis, ClickHouse and the schema registry together. Control path. */
import { join } from 'node:path';
import { startClickHouse } from './clickhouse/server.ts';
import { startKafka } from './kafka/broker.ts';
import { pickPort } from './ports.ts';
import { startRedis } from './redis/server.ts';
import { startRegistry } from './registry/server.ts';
import type { Service, ServiceOptions } from './service.ts';

export type ServiceName = 'kafka' | 'redis' | 'clickhouse' | 'registry';

export const SERVICE_NAMES: readonly ServiceName[] = ['kafka', 'redis', 'clickhouse', 'registry'];

/** Where clients look first. */
const WELL_KNOWN_PORTS: Readonly<Record<ServiceName, number>> = {
  kafka: 9092,
  redis: 6379,
  clickhouse: 8123,
  registry: 8081,
};

export interface StartOptions {
  names: readonly ServiceName[];
  /** Parent of the data folders; null: temporary folders and free ports, nothing is left behind. */
  dataRoot: string | null;
  /** Redis keeps its data on disk as well. */
  persistRedis?: boolean;
  onUnexpectedEnd?: (message: string) => void;
}

export interface StartedServices {
  running: readonly Service[];
  failures: ReadonlyArray<{ name: ServiceName; message: string }>;
  environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const STARTERS: Readonly<
  Record<ServiceName, (common: ServiceOptions, options: StartOptions) => Promise<Service>>
> = {
  kafka: (common) => startKafka(common),
  redis: (common, options) => startRedis({ ...common, persist: options.persistRedis === true }),
  clickhouse: (common) => startClickHouse(common),
  registry: (common) => startRegistry(common),
};

async function startOne(name: ServiceName, options: StartOptions): Promise<Service> {
  const common: ServiceOptions = {};
  if (options.onUnexpectedEnd !== undefined) common.onUnexpectedEnd = options.onUnexpectedEnd;
  if (options.dataRoot !== null) {
    common.dataDir = join(options.dataRoot, name);
    common.port = await pickPort(WELL_KNOWN_PORTS[name]);
  }
  return STARTERS[name](common, options);
}

/** Starts the named services side by side. Never rejects: services that did not start are listed in `failures`. */
export async function startServices(options: StartOptions): Promise<StartedServices> {
  const outcomes = await Promise.allSettled(options.names.map((name) => startOne(name, options)));
  const running: Service[] = [];
  const failures: Array<{ name: ServiceName; message: string }> = [];
  outcomes.forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') running.push(outcome.value);
    else failures.push({ name: options.names[i] ?? 'kafka', message: messageOf(outcome.reason) });
  });
  return {
    running,
    failures,
    environment: Object.assign({}, ...running.map((service) => service.environment)),
    stop: async () => {
      await Promise.all(running.map((service) => service.stop()));
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
