// Records that can never be events among ordinary ones: other formats, unknown schemas, damaged bytes, tombstones.
import { framed } from '../avro-schema.ts';
import type { WorldRecord } from '../clients/client.ts';
import { eventSchema } from '../declaration.ts';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

const PROTOBUF = 'syntax = "proto3"; message Event { string id = 1; }';
const JSON_SCHEMA = '{"type":"object","properties":{"id":{"type":"string"}}}';

/** A record of as many fields, or of as many records within records. */
function wide(fields: number): string {
  const each = Array.from({ length: fields }, (_, i) => ({ name: `f${i}`, type: 'int' }));
  return JSON.stringify({ type: 'record', name: 'Wide', fields: each });
}

function deep(levels: number): string {
  let type = '"int"';
  for (let i = 0; i < levels; i++)
    type = `{"type":"record","name":"L${i}","fields":[{"name":"f","type":${type}}]}`;
  return type;
}

type Make = (valid: Buffer, chance: Chance) => Buffer | null;

function strays(world: World): readonly Make[] {
  const { registry, declaration } = world;
  const subject = `${declaration.topic}-value`;
  const anyBytes = (chance: Chance): Buffer => Buffer.from([chance.below(256), chance.below(256), 1, 2]);
  const withId =
    (id: () => number): Make =>
    (_valid, chance) =>
      framed(id(), anyBytes(chance));
  return [
    () => null,
    () => Buffer.alloc(0),
    (valid) => valid.subarray(0, 4),
    (valid) => valid.subarray(0, 5),
    (valid) => valid.subarray(5),
    (valid, chance) => valid.subarray(0, 6 + chance.below(valid.length - 7)),
    (valid) => Buffer.concat([valid, Buffer.from([0])]),
    () => Buffer.from('{"kind":"order","id":"i1"}'),
    (_valid, chance) => Buffer.concat([Buffer.from([1]), anyBytes(chance), Buffer.alloc(8)]),
    withId(() => 900_000_000),
    withId(() => -5),
    withId(() => registry.add(subject, PROTOBUF, 'PROTOBUF')),
    withId(() => registry.add(subject, JSON_SCHEMA, 'JSON')),
    withId(() =>
      registry.add(subject, '{"type":"record","name":"R","fields":[{"name":"f","type":"other.T"}]}'),
    ),
    withId(() => registry.add(subject, wide(20_000))),
    withId(() => registry.add(subject, deep(3_000))),
    withId(() => registry.add(subject, '"string"')),
    withId(() => registry.add(subject, 'no json')),
    withId(() => registry.add(subject, JSON.stringify(eventSchema('date')), 'AVRO', 403)),
    withId(() => registry.add(subject, JSON.stringify(eventSchema('uuid')), 'AVRO', 422)),
  ];
}

export const strayRecords: Kind = {
  name: 'stray records',
  tries: 'other formats, unknown and refused schemas, damaged bytes, tombstones',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const all = strays(world);
    const records = producer.plain(40 + chance.below(60)).flatMap((record): WorldRecord[] => {
      if (!chance.once(3) || record.value === null) return [record];
      const stray = { ...record, value: chance.pick(all)(record.value, chance) };
      return chance.once(2) ? [record, stray] : [stray, record];
    });
    await producer.send(records.slice(0, 30), () => PLAIN_ROUTE);
    await world.start();
    await producer.send(records.slice(30), () => PLAIN_ROUTE);
    await world.settle();
    await world.stop();
    // It must start again where it met them.
    await world.start();
    await producer.send(producer.plain(5), () => PLAIN_ROUTE);
    await world.settle();
  },
};
