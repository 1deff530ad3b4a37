// Avro schemas as JSON, as far as worlds use them.

export type AvroSchema = string | AvroObject | readonly AvroSchema[];

export interface AvroObject {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly aliases?: readonly string[];
  readonly logicalType?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly default?: unknown;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly default?: unknown;
  readonly aliases?: readonly string[];
}

/** The Confluent wire format: a zero byte and the schema's id, then Avro. */
export function framed(id: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(id, 1);
  return Buffer.concat([frame, bytes]);
}
