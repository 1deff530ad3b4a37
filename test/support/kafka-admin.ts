// An administrator of the broker, for a moment (for tests).
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { kafkaBrokers } from './services.ts';

/** Calls `work` with a connected client, which is closed whatever happens. */
export async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
