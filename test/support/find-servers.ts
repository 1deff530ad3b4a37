/** The servers of a long run: those that MILLRACE_* name, or its own. */
import { startServices } from '../../tools/services/start.ts';

export interface Servers {
  readonly brokers: string;
  readonly redisUrl: string;
  readonly clickhouseUrl: string;
}

export async function findServers(): Promise<{
  readonly servers: Servers;
  readonly stop: () => Promise<void>;
}> {
  const given = (environment: Readonly<Record<string, string | undefined>>): Servers | null => {
    const brokers = environment['MILLRACE_KAFKA_BROKERS'];
    const redisUrl = environment['MILLRACE_REDIS_URL'];
    const clickhouseUrl = environment['MILLRACE_CLICKHOUSE_URL'];
    if (brokers === undefined || redisUrl === undefined || clickhouseUrl === undefined) return null;
    return { brokers, redisUrl, clickhouseUrl };
  };
  const running = given(process.env);
  if (running !== null) return { servers: running, stop: async () => {} };
  const started = await startServices({ names: ['kafka', 'redis', 'clickhouse'], dataRoot: null });
  const own = given(started.environment);
  if (own !== null) return { servers: own, stop: () => started.stop() };
  await started.stop();
  throw new Error(started.failures.map(({ name, message }) => `${name}: ${message}`).join('\n'));
}
