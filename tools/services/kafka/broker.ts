/** A real Kafka broker: one KRaft node on 127.0.0.1. Control path. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service, type ServiceOptions } from '../service.ts';
import { checkBroker, COORDINATOR_PARTITIONS } from './health.ts';
import { brokerClassPath, javaForBroker } from './distribution.ts';

export interface KafkaOptions extends ServiceOptions {
  /** Version of the broker; KAFKA_VERSION or the default if absent. */
  version?: string;
  /** Broker properties on top of those below. */
  properties?: Readonly<Record<string, string>>;
}

export interface KafkaService extends Service {
  /** host:port, as a client's list of brokers. */
  readonly brokers: readonly string[];
}

function brokerProperties(dataDir: string, port: number, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': join(dataDir, 'log'),
    'auto.create.topics.enable': 'false',
    // One node: nothing can be replicated.
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // Fifty partitions each by default: seconds of file making before the first commit or transaction.
    'offsets.topic.num.partitions': String(COORDINATOR_PARTITIONS),
    'transaction.state.log.num.partitions': String(COORDINATOR_PARTITIONS),
    // Waits that only make sense with many members joining at once.
    'group.initial.rebalance.delay.ms': '0',
    // After a kill -9 the controller waits until the old registration has expired, 9 s by default.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    // Tests replay events of years ago, which a check of the default week (30 s after the start, then every 5 minutes) would
    // delete from a topic that has no setting of its own.
    'log.retention.ms': '-1',
    // Failure tests use short session time-outs; the default floor is 6 s.
    'group.min.session.timeout.ms': '500',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '33554432', // 32 MiB instead of 128: the heap is 512
  };
}

/** Small heap, and the serial collector: on two cores it leaves the most time to what is tested. */
const JVM_FLAGS = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-Djava.awt.headless=true'];

/** Kafka ids are 16 random bytes in URL-safe base64; a leading dash would read as a command-line option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

function formatStorage(java: string, jvmArgs: readonly string[], configFile: string): void {
  const format = ['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', configFile];
  const run = spawnSync(java, [...jvmArgs, ...format], { encoding: 'utf8' });
  if (run.status !== 0) {
    throw new Error(
      `Kafka's storage could not be formatted:\n${(run.stdout + run.stderr).trim().slice(-2_000)}`,
    );
  }
}

/** Starts a broker and waits until it serves metadata; fetches its jars on the first call. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaService> {
  const java = javaForBroker();
  const jvmArgs = [...JVM_FLAGS, '-cp', brokerClassPath(options.version)];
  const port = options.port ?? (await pickPort());
  const controllerPort = await pickPort();
  const { dataDir, scratch } = prepareDataDir('kafka', options.dataDir);
  const configFile = join(dataDir, 'server.properties');
  const properties = { ...brokerProperties(dataDir, port, controllerPort), ...options.properties };
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(configFile, lines.join(''));
  if (!existsSync(join(dataDir, 'log', 'meta.properties'))) formatStorage(java, jvmArgs, configFile);

  const broker = `127.0.0.1:${port}`;
  const service = await startService({
    name: 'kafka',
    port,
    dataDir,
    scratch,
    environment: { MILLRACE_KAFKA_BROKERS: broker },
    command: java,
    args: [...jvmArgs, 'kafka.Kafka', configFile],
    check: () => checkBroker(broker),
    onUnexpectedEnd: options.onUnexpectedEnd,
  });
  return Object.assign(service, { brokers: [broker] });
}
