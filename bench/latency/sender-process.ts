// The producer of the latency bench on Kafka (control path), in a process of its own.
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { argument, tellParent } from '../child.ts';
import { openBenchTelemetry } from '../engine/open.ts';
import { openCodec } from '../jobs/codec.ts';
import type { Schedule } from './schedule.ts';
import { sendAll } from './sender.ts';

export interface SenderRequest {
  readonly brokers: readonly string[];
  readonly schedule: Schedule;
}

export interface Sent {
  readonly kind: 'sent';
  readonly engine: number;
  readonly bare: number;
}

const tell: (message: Sent) => void = tellParent;

const { brokers, schedule } = argument() as SenderRequest;
const log = new KafkaEventLog({ brokers }, await openBenchTelemetry());
const counts = await sendAll(log, await openCodec('ticks-value'), schedule);
tell({ kind: 'sent', ...counts });
await log.close();
process.exit(0);
