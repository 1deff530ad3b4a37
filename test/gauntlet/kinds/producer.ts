// A producer of a world: rows to framed records, and records to a client, in runs as producers send them.
import type { AvroSchema } from '../avro-schema.ts';
import { framed } from '../avro-schema.ts';
import { writeAvro } from '../avro-writer.ts';
import type { ClientName, Codec, Transaction, WorldRecord } from '../clients/client.ts';
import { EventStream, type WorldEvent } from '../events.ts';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';

/** How far a record's own timestamp may be behind or ahead of its event time, ms. */
const SKEW_MS = 30_000;

export interface Route {
  readonly client: ClientName;
  readonly codec: Codec;
  readonly transaction: Transaction;
}

export const PLAIN_ROUTE: Route = { client: 'kafkajs', codec: 'none', transaction: 'none' };

export class EventProducer {
  readonly stream: EventStream;
  /** Of the source's topic. */
  partitions: number;
  readonly #world: World;
  readonly #chance: Chance;

  constructor(world: World, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
    this.partitions = world.declaration.partitions;
    this.stream = new EventStream(chance, world.declaration);
  }

  /** All events of an order are in one partition, those of a user by chance. */
  #partition({ id }: WorldEvent): number {
    if (id === null) return this.#chance.below(this.partitions);
    let sum = 0;
    for (const byte of Buffer.from(id)) sum = (sum * 31 + byte) % 65_521;
    return sum % this.partitions;
  }

  /** A record of an event as its producer's schema has it. */
  record(event: WorldEvent, schemaId: number, schema: AvroSchema, row: unknown): WorldRecord {
    const timestampMs = event.timeMs + this.#chance.below(SKEW_MS);
    const value = framed(schemaId, writeAvro(schema, row));
    return { partition: this.#partition(event), timestampMs, key: this.key(event), value };
  }

  key({ id }: WorldEvent): Buffer | null {
    return id === null || this.#chance.once(10) ? null : Buffer.from(id);
  }

  /** Events in the reader's own schema. */
  plain(count: number): WorldRecord[] {
    const { reader } = this.#world.declaration;
    const schemaId = this.#world.register(reader);
    return Array.from({ length: count }, () => {
      const event = this.stream.next();
      return this.record(event, schemaId, reader, { ...event, at: event.timeMs });
    });
  }

  /** Sends records in runs of a few, each by a route of its own. */
  async send(records: readonly WorldRecord[], route: () => Route): Promise<void> {
    for (let at = 0; at < records.length;) {
      const length = 1 + this.#chance.below(40);
      const { client, ...sending } = route();
      await this.#world.send(client, { ...sending, records: records.slice(at, at + length) });
      at += length;
    }
  }
}
