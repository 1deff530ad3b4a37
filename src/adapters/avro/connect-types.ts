// Types of Kafka Connect in an Avro schema (control path): its converters name those that Avro has no logical type for by
// `connect.name`, on the type that holds their values. Debezium's times and decimals are such types.
// Sources: io.confluent.connect.avro.AvroData; io.debezium.time.* of Debezium 3.

/** The text of an instant with its offset. */
export const ZONED = 'io.debezium.time.ZonedTimestamp';

/** The logical types that mean the same. */
const LOGICAL_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['long org.apache.kafka.connect.data.Timestamp', 'timestamp-millis'],
  ['int org.apache.kafka.connect.data.Date', 'date'],
  ['int org.apache.kafka.connect.data.Time', 'time-millis'],
  ['long io.debezium.time.Timestamp', 'timestamp-millis'],
  ['long io.debezium.time.MicroTimestamp', 'timestamp-micros'],
  ['long io.debezium.time.NanoTimestamp', 'timestamp-nanos'],
  ['int io.debezium.time.Date', 'date'],
  ['int io.debezium.time.Time', 'time-millis'],
  ['long io.debezium.time.MicroTime', 'time-micros'],
  ['long io.debezium.time.NanoTime', 'time-nanos'],
  [`string ${ZONED}`, ZONED],
  ['string io.debezium.time.IsoTimestamp', ZONED],
]);

/** The logical type of a primitive type that Kafka Connect names; null if it names none. */
export function connectLogicalType(type: string, json: Readonly<Record<string, unknown>>): string | null {
  return LOGICAL_TYPES.get(`${type} ${String(json['connect.name'])}`) ?? null;
}
