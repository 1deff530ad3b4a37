// Records as objects (control path): what Millrace itself writes and reads, in Confluent wire format.
import type avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { RecordDecoder, RecordEncoder } from '../../ports/codec.ts';
import type { Schemas } from '../../ports/schemas.ts';
import { ResolvingReader } from './resolving-reader.ts';
import { parseSchema } from './schema-node.ts';
import { parseRegistered, type SubjectSchema } from './subject-schema.ts';
import { FRAME_BYTES, schemaIdOf, writeFrame } from '../shared/wire-format.ts';

const SCRATCH_BYTES_START = 4_096;

export class AvroRecordEncoder<T> implements RecordEncoder<T> {
  readonly #type: avro.Type;
  readonly #schemaId: number;
  readonly #subject: string;
  #scratch = Buffer.alloc(SCRATCH_BYTES_START);

  /** @param isWide whether longs are bigints */
  constructor(subject: SubjectSchema, schemaId: number, isWide = false) {
    this.#type = isWide ? subject.wideType : subject.type;
    this.#subject = subject.subject;
    this.#schemaId = schemaId;
  }

  /** Throws SCHEMA_INVALID if the value does not fit the schema. */
  encode(value: T): Buffer {
    let end: number;
    try {
      end = this.#type.encode(value, this.#scratch, FRAME_BYTES);
      if (end < 0) {
        this.#scratch = Buffer.alloc((this.#scratch.length - end) * 2);
        end = this.#type.encode(value, this.#scratch, FRAME_BYTES);
      }
    } catch (cause) {
      throw new MillraceError('SCHEMA_INVALID', `a record does not fit its schema: ${messageOf(cause)}`, {
        where: `${this.#subject}, field ${this.misfit(value) ?? ''}`,
        remedy: 'Give the field a value of its type.',
        cause,
      });
    }
    const bytes = Buffer.allocUnsafe(end);
    this.#scratch.copy(bytes, FRAME_BYTES, FRAME_BYTES, end);
    writeFrame(bytes, this.#schemaId);
    return bytes;
  }

  /** Dotted name of the first field that does not fit; null if all do. */
  misfit(value: T): string | null {
    let field: string | null = null;
    this.#type.isValid(value, {
      errorHook: (path) => {
        field ??= path.join('.');
      },
    });
    return field;
  }
}

export class AvroRecordDecoder<T> implements RecordDecoder<T> {
  readonly #subject: SubjectSchema;
  readonly #schemas: Schemas;
  readonly #readers = new Map<number, (bytes: Buffer) => unknown>();

  constructor(subject: SubjectSchema, schemas: Schemas) {
    this.#subject = subject;
    this.#schemas = schemas;
  }

  async decode(bytes: Buffer): Promise<T> {
    const id = schemaIdOf(bytes);
    const where = this.#subject.subject;
    if (id < 0)
      throw new MillraceError('EVENT_NOT_FRAMED', 'the bytes do not begin with a zero byte and a schema id', {
        where,
      });
    const read = this.#readers.get(id) ?? (await this.#readerOf(id));
    try {
      return read(bytes) as T; // the caller chose the subject, whose schema is T's
    } catch (cause) {
      throw new MillraceError(
        'EVENT_MALFORMED',
        `the bytes are not a record of this subject: ${messageOf(cause)}`,
        { where, cause },
      );
    }
  }

  async #readerOf(id: number): Promise<(bytes: Buffer) => unknown> {
    await this.#schemas.lookUp([id]);
    const writer = this.#schemas.known(id);
    const where = `${this.#subject.subject} at ${this.#schemas.name}`;
    if (writer === undefined)
      throw new MillraceError('SCHEMA_UNKNOWN', `the registry has no schema with id ${id}`, { where });
    const { type } = this.#subject;
    try {
      const resolver = type.createResolver(parseRegistered(writer));
      // avsc reads as many items as a block claims to have: it gets no bytes that have not been walked through.
      const node = parseSchema(writer.text);
      const reader = new ResolvingReader({ kind: 'skip', node }, true);
      const read = (bytes: Buffer): unknown => {
        const fault = reader.walk(node, bytes, FRAME_BYTES, bytes.length);
        if (fault !== null) throw new Error(fault.message);
        return type.fromBuffer(bytes.subarray(FRAME_BYTES), resolver, false);
      };
      this.#readers.set(id, read);
      return read;
    } catch (cause) {
      throw new MillraceError(
        'SCHEMA_INVALID',
        `schema id ${id} cannot be read by this subject's: ${messageOf(cause)}`,
        { where, cause },
      );
    }
  }
}
