// Event times of any unit, far in either direction, and at the limits of what counts as an instant.
import type { AvroField, AvroObject, AvroSchema } from '../avro-schema.ts';
import { eventSchema, timeUnits, type Declaration, type TimeUnit } from '../declaration.ts';
import type { WorldEvent } from '../events.ts';
import type { Chance } from '../random.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

function withTime(schema: AvroObject, type: AvroSchema): AvroObject {
  const fields = (schema.fields ?? []).map((field): AvroField =>
    field.name === 'at' ? { ...field, type } : field,
  );
  return { ...schema, fields };
}

const LONG_MAX = 2n ** 63n - 1n;

/** What a clock, or a unit, that is wrong makes of an event time, ms. */
function strangeMs({ timeMs }: WorldEvent, { allowedAheadMs }: Declaration, chance: Chance): bigint {
  return chance.pick([
    () => BigInt(timeMs) * 1_000n,
    () => BigInt(timeMs) * 1_000_000n,
    () => BigInt(timeMs) / 1_000n,
    () => BigInt(timeMs + allowedAheadMs + chance.below(60_000)),
    () => BigInt(timeMs + 86_400_000 * chance.below(5_000)),
    () => 0n,
    () => -1n,
    () => BigInt(Date.UTC(1900, 0, 1)) - BigInt(chance.below(2)),
    () => BigInt(Date.UTC(2300, 0, 1)) - BigInt(chance.below(2)),
    () => 2n ** 53n - 2n,
    () => 8_640_000_000_000_000n,
    () => LONG_MAX,
    () => -LONG_MAX,
  ])();
}

const clampLong = (value: bigint): bigint =>
  value > LONG_MAX ? LONG_MAX : value < -LONG_MAX ? -LONG_MAX : value;

/** The unit of a declaration's event time. */
function unitOf({ reader }: Declaration): TimeUnit | null {
  const type = reader.fields?.find(({ name }) => name === 'at')?.type;
  const logicalType = typeof type === 'object' && 'logicalType' in type ? type.logicalType : undefined;
  return timeUnits.find((unit) => unit.logicalType === logicalType) ?? null;
}

export const eventTimes: Kind = {
  name: 'event times',
  tries: 'every unit of time, and times that are wrong by anything',
  declare: (declaration, chance) => ({
    ...declaration,
    reader: eventSchema(chance.pick(timeUnits).logicalType),
  }),
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { declaration } = world;
    const { reader } = declaration;
    const perMs = unitOf(declaration)?.perMs ?? 1n;
    const id = world.register(reader);
    const records = Array.from({ length: 60 + chance.below(80) }, () => {
      const event = producer.stream.next();
      const ms = chance.once(4) ? strangeMs(event, declaration, chance) : BigInt(event.timeMs);
      const part = perMs === 1n ? 0n : BigInt(chance.below(Number(perMs)));
      return producer.record(event, id, reader, { ...event, at: clampLong(ms * perMs + part) });
    });
    await producer.send(records, () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
  },
};

export const doubleTimes: Kind = {
  name: 'double times',
  tries: 'event times that are doubles: fractions, infinities, 1e300',
  declare: (declaration, chance) => ({
    ...declaration,
    reader: withTime(declaration.reader, chance.once(2) ? 'double' : ['null', 'double']),
  }),
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { reader } = world.declaration;
    const isNullable = Array.isArray(reader.fields?.at(-1)?.type);
    const id = world.register(reader);
    const strange = [1e300, -1e300, Infinity, -Infinity, NaN, 2 ** 53 - 2, 8.64e15, 0.5, -0.5, 1e18];
    const records = Array.from({ length: 60 + chance.below(80) }, () => {
      const event = producer.stream.next();
      const fraction = chance.once(2) ? chance.share() : 0;
      const usual = event.timeMs + fraction;
      const odd = isNullable && chance.once(5) ? null : chance.pick(strange);
      return producer.record(event, id, reader, { ...event, at: chance.once(5) ? odd : usual });
    });
    await producer.send(records, () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    await world.stop();
    await world.start();
    await producer.send(producer.plain(10), () => PLAIN_ROUTE);
    await world.settle();
  },
};
