// Kafka and Redis for the bench (control path): started when first asked for, on free ports, gone with it.
import { startServices, type StartedServices } from '../tools/services/start.ts';

export interface Servers {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
}

export class Services {
  #started: Promise<StartedServices> | null = null;

  async servers(): Promise<Servers> {
    this.#started ??= startServices({ names: ['kafka', 'redis'], dataRoot: null });
    const { failures, environment } = await this.#started;
    if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n'));
    return {
      brokers: [environment['MILLRACE_KAFKA_BROKERS'] ?? ''],
      redisUrl: environment['MILLRACE_REDIS_URL'] ?? '',
    };
  }

  async stop(): Promise<void> {
    await (await this.#started)?.stop();
  }
}
