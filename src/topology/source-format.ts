// The format of a topology's source, opened for it (control path).
import { MillraceError } from '../core/errors.ts';
import type { EventDecoder, EventEncoder, Format, FormatSource } from '../ports/format.ts';
import type { Schemas } from '../ports/schemas.ts';
import { withDeclared } from './avro-schema.ts';
import { schemaOf } from './columns-schema.ts';
import type { SourceOptions } from './source.ts';
import { sourceSubject } from './topics.ts';

export class SourceFormat {
  readonly #format: Format;
  readonly #source: FormatSource;

  /** @param byDefault format of a source that names none */
  constructor(source: SourceOptions, schemas: Schemas, byDefault: Format) {
    this.#format = source.format ?? byDefault;
    const { topic, schema, eventTime } = source;
    const columns = schema === undefined ? null : schemaOf(schema);
    this.#source = {
      topic,
      subject: sourceSubject(source),
      eventTime,
      columns,
      declared: schema ?? null,
      schemas: withDeclared(schemas, source),
    };
  }

  decoder(): Promise<EventDecoder> {
    return this.#format.decoder(this.#source);
  }

  /** @see Format.register */
  async register(): Promise<void> {
    await this.#format.register?.(this.#source);
  }

  /** @throws TOPOLOGY_INVALID if the format only reads events */
  async encoder(): Promise<EventEncoder> {
    const encoder = await this.#format.encoder?.(this.#source);
    if (encoder !== undefined) return encoder;
    throw new MillraceError('TOPOLOGY_INVALID', `the format ${this.#format.name} has no encoder`, {
      where: `source ${this.#source.topic}`,
      remedy: 'Give the format an encoder, or write the records with a producer of your own.',
    });
  }
}
