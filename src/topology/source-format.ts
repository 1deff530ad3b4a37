// The format of a topology's source, opened for it (control path).
import { MillraceError } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';
import type { EventDecoder, EventEncoder, Format, FormatSource } from '../ports/format.ts';
import type { Schemas } from '../ports/schemas.ts';
import { withDeclared } from './avro-schema.ts';
import { schemaOf } from './columns-schema.ts';
import type { SourceOptions } from './source.ts';
import { sourceSubject } from './topics.ts';

/** The columns as rows must give them: what the encoder fills may be left out. */
export function givenColumns(schema: Schema, { fills = [] }: EventEncoder): Schema {
  return Object.fromEntries(
    Object.entries(schema).map(([name, spec]) => [
      name,
      fills.includes(name) ? { ...spec, nullable: true } : spec,
    ]),
  );
}

export class SourceFormat {
  readonly #format: Format;
  readonly #source: FormatSource;

  readonly #others: readonly Format[];

  /**
   * @param byDefault format of a source that names none
   * @param others formats whose records may be in the topic as well, if a registry says so
   */
  constructor(source: SourceOptions, schemas: Schemas, byDefault: Format, others: readonly Format[] = []) {
    this.#others = others;
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

  async decoder(): Promise<EventDecoder> {
    const decoder = await this.#format.decoder(this.#source);
    // Columns of a schema file are those of its own language alone.
    if (decoder.readOthersBy !== undefined && this.#source.declared !== null)
      decoder.readOthersBy(await this.#otherDecoders());
    return decoder;
  }

  /** Without those that cannot read the columns. */
  async #otherDecoders(): Promise<EventDecoder[]> {
    const others = this.#others.filter(({ name }) => name !== this.#format.name);
    const opened = await Promise.allSettled(others.map((format) => format.decoder(this.#source)));
    return opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
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
