// Streams of orders with all kinds of faults, and the resulting state (for tests of restarts).
import type { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { hours, minutes, type Topology } from '../../src/index.ts';
import type { RecordEncoder } from '../../src/ports/codec.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import { Random } from '../../src/stats/random.ts';
import type { MemoryStateStores, Row } from '../../src/testing/index.ts';
import { order, orderEvent, ordersCodec, payment, withdrawn } from './orders.ts';

export const PARTITIONS = 2;
/** The streams have the schema ids of this codec. */
export const codec: AvroCodec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');

function recordOf(row: Row, partition: number, nowMs: number, encoder: RecordEncoder<Row>): LogRecord {
  return { key: Buffer.from('k'), value: encoder.encode(orderEvent(row)), timestampMs: nowMs, partition };
}

/** Events of several days with all kinds of faults. */
export function stream(seed: number, count: number): LogRecord[] {
  const random = new Random(seed);
  const pick = <T>(choices: readonly T[]): T => choices[random.nextInt(choices.length)] as T;
  const records: LogRecord[] = [];
  const ids = Array.from({ length: PARTITIONS }, (): string[] => []);
  let nowMs = hours(100);
  for (let i = 0; i < count; i++) {
    // Occasional gaps of hours, in which panes, timers and generations of ids expire.
    nowMs += random.nextInt(60) === 0 ? hours(1 + random.nextInt(8)) : minutes(random.nextInt(4));
    const partition = random.nextInt(PARTITIONS);
    const known = ids[partition] as string[];
    const at = random.nextInt(8) === 0 ? nowMs - minutes(random.nextInt(12)) : nowMs;
    const draw = random.nextInt(100);
    if (draw < 3) records.push({ key: null, value: Buffer.from([9, 9]), timestampMs: nowMs, partition });
    else if (draw < 12 && records.length > 0) {
      records.push(pick(records.slice(-40)));
    } else if (draw < 40 && known.length > 0) {
      const id = pick(known.slice(-20));
      const row = draw < 15 ? withdrawn(id, at) : payment(id, random.nextInt(2), at);
      records.push(recordOf({ ...row, event: `${String(row['event'])}-${i}` }, partition, nowMs, encoder));
    } else {
      // An id may be reused, while its prediction is pending or later.
      const id = draw > 90 && known.length > 0 ? pick(known) : `${partition}-${i}`;
      known.push(id);
      const user = pick(['ann', 'ann', 'bob', 'cid', 'zoe', null]);
      const row = order(id, user, random.nextInt(1_100), draw === 50 ? nowMs + hours(2) : at);
      records.push(recordOf({ ...row, event: `o-${i}` }, partition, nowMs, encoder));
    }
  }
  return records;
}

export type State = ReadonlyArray<ReadonlyArray<readonly [string, string]>>;

export function stateOf(stores: MemoryStateStores, topology: Topology): State {
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    [...stores.dump(topology.name, { topic: topology.source.topic, partition })]
      .map(([key, bytes]) => [key, Buffer.from(bytes).toString('hex')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
