// Records that have their schema with them: {"schema": {...}, "payload": {...}} (hot path: one comparison of bytes a record; a
// schema is parsed when it comes first). Kafka Connect writes the schema first; of other writers it may be the last member,
// and such records are parsed for it.
import type { RawBatch } from '../../core/batch.ts';
import type { RowFault } from '../shared/row-reader.ts';
import type { EnvelopeDecoders } from './envelope-decoders.ts';

/** Schemas that stay known beyond the records that have them: a table has a new one when its columns change. */
const SCHEMAS_MAX = 16;
const SCHEMA = Buffer.from('"schema"');
const PAYLOAD = Buffer.from('"payload"');
const [OPEN, CLOSE, QUOTE, BACKSLASH, COLON, SPACE] = [0x7b, 0x7d, 0x22, 0x5c, 0x3a, 0x20];

const NO_SCHEMA: RowFault = {
  code: 'EVENT_MALFORMED',
  message: 'the schema of the record is no JSON object',
};

/** How records of a schema are read, or why they cannot be. */
export type OfSchema = EnvelopeDecoders | RowFault;

interface KnownSchema {
  /** The bytes of a record up to the end of its schema; of one whose schema is behind the payload, the schema. */
  readonly head: Buffer;
  readonly decoders: OfSchema;
}

export class RecordSchemas {
  readonly #open: (schema: unknown) => Promise<OfSchema>;
  /** The last one found is the first. */
  readonly #known: KnownSchema[] = [];

  /** @param open opens decoders for records with a schema, as JSON.parse returns it */
  constructor(open: (schema: unknown) => Promise<OfSchema>) {
    this.#open = open;
  }

  /** Whether a record has a schema with it. */
  isNamed({ values }: RawBatch, index: number): boolean {
    const from = values.starts[index] as number;
    const to = values.ends[index] as number;
    return schemaAt(values.bytes, from, to) >= 0 || trailingSchema(values.bytes, from, to) !== null;
  }

  /** Of a record with a schema. */
  find({ values }: RawBatch, index: number): OfSchema {
    const from = values.starts[index] as number;
    const to = values.ends[index] as number;
    const trailing = schemaAt(values.bytes, from, to) >= 0 ? null : trailingSchema(values.bytes, from, to);
    const known = this.#known;
    for (let i = 0; i < known.length; i++) {
      const schema = known[i] as KnownSchema;
      const isOne =
        trailing === null ? startsWith(values.bytes, from, to, schema.head) : trailing.equals(schema.head);
      if (!isOne) continue;
      if (i > 0) known.unshift(...known.splice(i, 1));
      return schema.decoders;
    }
    return NO_SCHEMA;
  }

  /** Opens what `find` needs for these records. */
  prepare(records: RawBatch): Promise<void> | undefined {
    let unknown: Map<string, KnownHead> | undefined;
    for (let index = 0; index < records.count; index++) {
      if (!this.isNamed(records, index) || this.find(records, index) !== NO_SCHEMA) continue;
      const found = headOf(records.values.at(index) as Buffer); // it has a value
      if (found !== null) (unknown ??= new Map()).set(found.head.toString('latin1'), found);
    }
    return unknown === undefined ? undefined : this.#add([...unknown.values()]);
  }

  async #add(heads: readonly KnownHead[]): Promise<void> {
    // All of these records' are kept, however many: what becomes of a record must not depend on those it came with.
    this.#known.splice(SCHEMAS_MAX);
    for (const { head, from } of heads) {
      const schema = parsed(head.toString('utf8', from));
      if (schema === undefined) continue;
      this.#known.unshift({ head: Buffer.from(head), decoders: await this.#open(schema) });
    }
  }
}

interface KnownHead {
  readonly head: Buffer;
  /** Where the schema begins in it. */
  readonly from: number;
}

/** Where the schema begins that is the first member of the record in octets [from, to); -1 if it is none, or null. */
function schemaAt(octets: Uint8Array, from: number, to: number): number {
  const at = memberAt(octets, from, to, SCHEMA);
  return at >= 0 && octets[at] === OPEN ? at : -1;
}

/** Where the value of the first member begins, if it has this name; else -1. */
function memberAt(octets: Uint8Array, from: number, to: number, name: Buffer): number {
  if (from < 0) return -1;
  let at = pastSpace(octets, from, to);
  if (octets[at++] !== OPEN) return -1;
  at = pastSpace(octets, at, to);
  for (let i = 0; i < name.length; i++) if (octets[at++] !== name[i]) return -1;
  at = pastSpace(octets, at, to);
  if (octets[at++] !== COLON) return -1;
  at = pastSpace(octets, at, to);
  return at < to ? at : -1;
}

function pastSpace(octets: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (octets[at] as number) <= SPACE) at++;
  return at;
}

/** The schema of a record that begins with its payload, as bytes; null if there is none. */
function trailingSchema(octets: Buffer, from: number, to: number): Buffer | null {
  if (memberAt(octets, from, to, PAYLOAD) < 0) return null;
  const record = parsed(octets.toString('utf8', from, to));
  const schema: unknown = Object(record).schema;
  return typeof schema === 'object' && schema !== null ? Buffer.from(JSON.stringify(schema)) : null;
}

function startsWith(bytes: Buffer, from: number, to: number, head: Buffer): boolean {
  const end = from + head.length;
  return from >= 0 && end <= to && bytes.compare(head, 0, head.length, from, end) === 0;
}

function headOf(record: Buffer): KnownHead | null {
  const from = schemaAt(record, 0, record.length);
  if (from < 0) {
    const trailing = trailingSchema(record, 0, record.length);
    return trailing === null ? null : { head: trailing, from: 0 };
  }
  const to = objectEnd(record, from);
  return to < 0 ? null : { head: record.subarray(0, to), from };
}

/** The end of the object that begins at `from`; -1 if there is none. */
function objectEnd(record: Buffer, from: number): number {
  let depth = 0;
  let isText = false;
  for (let at = from; at < record.length; at++) {
    const octet = record[at];
    if (isText) {
      if (octet === BACKSLASH) at++;
      else if (octet === QUOTE) isText = false;
    } else if (octet === QUOTE) isText = true;
    else if (octet === OPEN) depth++;
    else if (octet === CLOSE && --depth === 0) return at + 1;
  }
  return -1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
