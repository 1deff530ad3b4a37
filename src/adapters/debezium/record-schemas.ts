// Records that have their schema with them: {"schema": {...}, "payload": {...}} (hot path: one comparison of bytes a record; a
// schema is parsed when it comes first).
import type { RawBatch } from '../../core/batch.ts';
import type { EnvelopeDecoders } from './envelope-decoders.ts';

/** Schemas that stay known beyond the records that have them: a table has a new one when its columns change. */
const SCHEMAS_MAX = 16;
const START = Buffer.from('{"schema":');
const [OPEN, CLOSE, QUOTE, BACKSLASH] = [0x7b, 0x7d, 0x22, 0x5c];

interface KnownSchema {
  /** The bytes of a record up to the end of its schema. */
  readonly head: Buffer;
  readonly decoders: EnvelopeDecoders;
}

export class RecordSchemas {
  readonly #open: (schema: unknown) => Promise<EnvelopeDecoders>;
  /** The last one found is the first. */
  readonly #known: KnownSchema[] = [];

  /** @param open opens decoders for records with a schema, as JSON.parse returns it */
  constructor(open: (schema: unknown) => Promise<EnvelopeDecoders>) {
    this.#open = open;
  }

  /** Whether a record has a schema with it. */
  isNamed({ values }: RawBatch, index: number): boolean {
    return startsWith(values.bytes, values.starts[index] as number, values.ends[index] as number, START);
  }

  /** Of a record with a schema; null if that is no JSON object. */
  find({ values }: RawBatch, index: number): EnvelopeDecoders | null {
    const from = values.starts[index] as number;
    const to = values.ends[index] as number;
    const known = this.#known;
    for (let i = 0; i < known.length; i++) {
      const schema = known[i] as KnownSchema;
      if (!startsWith(values.bytes, from, to, schema.head)) continue;
      if (i > 0) known.unshift(...known.splice(i, 1));
      return schema.decoders;
    }
    return null;
  }

  /** Opens what `find` needs for these records. */
  prepare(records: RawBatch): Promise<void> | undefined {
    let unknown: Map<string, Buffer> | undefined;
    for (let index = 0; index < records.count; index++) {
      if (!this.isNamed(records, index) || this.find(records, index) !== null) continue;
      const head = headOf(records.values.at(index) as Buffer); // it has a value
      if (head !== null) (unknown ??= new Map()).set(head.toString('latin1'), head);
    }
    return unknown === undefined ? undefined : this.#add([...unknown.values()]);
  }

  async #add(heads: readonly Buffer[]): Promise<void> {
    // All of these records' are kept, however many: what becomes of a record must not depend on those it came with.
    this.#known.splice(SCHEMAS_MAX);
    for (const head of heads) {
      const schema = parsed(head.toString('utf8', START.length));
      if (schema === undefined) continue;
      this.#known.unshift({ head: Buffer.from(head), decoders: await this.#open(schema) });
    }
  }
}

function startsWith(bytes: Buffer, from: number, to: number, head: Buffer): boolean {
  const end = from + head.length;
  return from >= 0 && end <= to && bytes.compare(head, 0, head.length, from, end) === 0;
}

/** The record up to the end of its schema, an object; null without one. */
function headOf(record: Buffer): Buffer | null {
  let depth = 0;
  let isText = false;
  for (let at = START.length; at < record.length; at++) {
    const octet = record[at];
    if (isText) {
      if (octet === BACKSLASH) at++;
      else if (octet === QUOTE) isText = false;
    } else if (octet === QUOTE) isText = true;
    else if (octet === OPEN) depth++;
    else if (octet === CLOSE && --depth === 0) return record.subarray(0, at + 1);
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
