// Records as large as their topic accepts, keys of hundreds of kilobytes, and topics whose limit is raised.
import type { AvroObject } from '../avro-schema.ts';
import type { WorldRecord } from '../clients/client.ts';
import type { Kind } from './kind.ts';
import { anyRoute } from './clients.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

/** A broker's default for a record batch, and what a batch of one record adds to it. */
const DEFAULT_BYTES = 1_048_588;
const LARGE_BYTES = 5_000_000;
const PAD = 'pad';

export const sizes: Kind = {
  name: 'sizes',
  tries: 'records and keys at the limits of their topics',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { reader } = world.declaration;
    const schema: AvroObject = {
      ...reader,
      fields: [...(reader.fields ?? []), { name: PAD, type: 'bytes' }],
    };
    const id = world.register(schema);
    const limit = chance.pick([DEFAULT_BYTES, LARGE_BYTES]);
    const record = (pad: number, key: number, idBytes: number): WorldRecord => {
      const event = producer.stream.next();
      const named = idBytes === 0 ? event : { ...event, id: `${event.id ?? ''}${'x'.repeat(idBytes)}` };
      const row = { ...named, at: event.timeMs, [PAD]: Buffer.alloc(pad, 1 + chance.below(255)) };
      const made = producer.record(event, id, schema, row);
      return key === 0 ? made : { ...made, key: Buffer.alloc(key, 'k') };
    };
    const large = (): WorldRecord => {
      // What is left for a key, if the record is to be accepted.
      const bytes = chance.pick([limit - 700, limit - 800 - chance.below(10_000), 600_000]);
      switch (chance.below(4)) {
        case 0:
          return record(0, Math.min(bytes, 530_000), 0);
        case 1:
          return record(0, 0, chance.pick([400_000, 600_000]));
        case 2:
          return record(bytes - 530_000 > 0 ? bytes - 530_000 : 0, 520_000, 0);
        default:
          return record(bytes, 0, 0);
      }
    };
    const some = (): WorldRecord[] =>
      Array.from({ length: 25 }, () => (chance.once(4) ? large() : record(0, 0, 0)));
    if (limit !== DEFAULT_BYTES) await world.alterSource({ 'max.message.bytes': String(LARGE_BYTES) });
    const route = (): typeof PLAIN_ROUTE => ({ ...anyRoute(chance), client: 'java', transaction: 'none' });
    await producer.send(some(), route);
    await world.start();
    await producer.send(some(), route);
    await world.settle();
    await world.stop();
    await world.start();
    await producer.send(producer.plain(5), () => PLAIN_ROUTE);
    await world.settle();
  },
};
