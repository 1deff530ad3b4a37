// Records of Kafka Connect's JsonConverter, as Debezium's connectors write them.

/** The unscaled integer as Java's BigInteger has it. */
export function base64Of(unscaled: bigint): string {
  let bytes = 1;
  while (unscaled < -(1n << BigInt(8 * bytes - 1)) || unscaled >= 1n << BigInt(8 * bytes - 1)) bytes++;
  const hex = BigInt.asUintN(8 * bytes, unscaled)
    .toString(16)
    .padStart(2 * bytes, '0');
  return Buffer.from(hex, 'hex').toString('base64');
}

export interface Field {
  readonly type: string;
  readonly name?: string;
  readonly scale?: number;
}
export const micros: Field = { type: 'int64', name: 'io.debezium.time.MicroTimestamp' };

/** A record of JsonConverter with schemas.enable=true. */
export function withSchema(fields: Readonly<Record<string, Field>>, row: string): string {
  const table = Object.entries(fields).map(([field, { type, name, scale }]) => ({
    type,
    optional: true,
    ...(name === undefined ? {} : { name, version: 1 }),
    ...(scale === undefined
      ? {}
      : { parameters: { scale: String(scale), 'connect.decimal.precision': '12' } }),
    field,
  }));
  const envelope = ['before', 'after'].map((field) => ({
    type: 'struct',
    fields: table,
    optional: true,
    field,
  }));
  const schema = {
    type: 'struct',
    fields: [...envelope, { type: 'string', optional: false, field: 'op' }],
    optional: false,
    name: 'x "{y}" .Envelope',
  };
  return `{"schema":${JSON.stringify(schema)},"payload":{"before":null,"after":${row},"op":"c"}}`;
}
