// `millrace run --workers N`: supervises N processes, each a member of the topology's group (control path). The same
// command on another machine joins the same group. A worker that dies is restarted, with growing pauses.
import { fork, type ChildProcess } from 'node:child_process';
import type { Membership } from '../../adapters/kafka/client/options.ts';
import { MillraceError } from '../../core/errors.ts';
import { moduleBeside } from '../../core/module-url.ts';
import { RESTART_WAITS, retriesWhile } from '../../resilience/retries.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { WorkerMessage } from './supervised.ts';
import type { Config } from '../settings/config.ts';
import { untilSignal } from '../cli/signals.ts';

const MAIN = moduleBeside(import.meta.url, '../main');

const SERVERS = {
  brokers: 'MILLRACE_KAFKA_BROKERS',
  redisUrl: 'MILLRACE_REDIS_URL',
  clickhouseUrl: 'MILLRACE_CLICKHOUSE_URL',
} as const;

/** Workers share their services, which embedded ones cannot. @throws CONFIG_INVALID that lists the missing settings */
export function requireServers(
  config: Config,
  needed: ReadonlyArray<keyof typeof SERVERS> = ['brokers', 'redisUrl', 'clickhouseUrl'],
): void {
  const missing = needed.filter((name) => config[name] === null).map((name) => SERVERS[name]);
  if (missing.length === 0) return;
  throw new MillraceError('CONFIG_INVALID', `several workers need shared servers: ${missing.join(', ')}`, {
    where: '--workers',
    remedy: 'Set them (npm run services prints them), or run one worker.',
  });
}

/** Worker `index` serves on the port + index; each on a free port if the port is 0. */
function portOf(config: Config, index: number): number {
  return config.port === 0 ? 0 : config.port + index;
}

/** Shared by all restarts: an instance cannot be closed. */
let telemetry: Promise<Telemetry> | null = null;

/**
 * Removes a dead worker from its groups at once, so that they need not wait for its session time-out. The modules for that
 * are loaded with the first death: a supervisor of healthy workers does not load the engine.
 */
async function leave(config: Config, memberships: readonly Membership[]): Promise<void> {
  if (config.brokers === null || memberships.length === 0) return;
  const { kafkaOptions, openAppTelemetry } = await import('../compose/adapters.ts');
  const { leaveGroups } = await import('../../adapters/kafka/group/leave-groups.ts');
  telemetry ??= openAppTelemetry(config);
  const opened = await telemetry;
  await leaveGroups(kafkaOptions(config, config.brokers, opened), memberships, opened);
}

/**
 * Resolves when the worker ends with exit code 0; rejects if it dies, with a MillraceError if a restart would end alike:
 * all workers have the same settings.
 */
function runOne(file: string, config: Config, index: number, running: Set<ChildProcess>): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(MAIN, ['run', file, '--port', String(portOf(config, index))], { stdio: 'inherit' });
    const memberIds = new Map<string, string>();
    let fault: MillraceError | null = null;
    worker.on('message', (message) => {
      const report = message as WorkerMessage; // what a worker sends
      if (report.kind === 'joined') memberIds.set(report.groupId, report.memberId);
      else fault = new MillraceError(report.code, report.message, { where: `worker ${index}` });
    });
    running.add(worker);
    worker.once('exit', (code, signal) => {
      running.delete(worker);
      if (code === 0) return resolve();
      const memberships = [...memberIds].map(([groupId, memberId]) => ({ groupId, memberId }));
      leave(config, memberships).catch(() => undefined); // the broker is unavailable: the session time-out applies
      reject(fault ?? new Error(`worker ${index} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

export async function runWorkers(file: string, config: Config, count: number): Promise<void> {
  requireServers(config);
  const running = new Set<ChildProcess>();
  let stopping = false;
  const policy = retriesWhile(
    (error) => !(error instanceof MillraceError),
    RESTART_WAITS,
    ({ message }, pauseMs) => {
      if (!stopping) process.stderr.write(`millrace: ${message}; it restarts in ${pauseMs} ms\n`);
    },
  );
  const workers = Array.from({ length: count }, (_, index) =>
    policy.execute(() => (stopping ? Promise.resolve() : runOne(file, config, index, running))),
  );
  try {
    const ended = await Promise.race([untilSignal(), Promise.all(workers).then(() => null)]);
    if (ended !== null && 'error' in ended) throw ended.error;
  } finally {
    stopping = true;
    // A terminal sends Ctrl-C to all processes; a service manager sends SIGTERM to this one only.
    for (const worker of running) worker.kill('SIGTERM');
    await Promise.allSettled(workers);
  }
}
