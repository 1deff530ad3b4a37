// The embedded schema registry (control path): a JSON file, in which a schema's position is its id. Every process of a
// broker that shares the file frames records by the same ids.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { fileError } from '../../core/file-errors.ts';
import type { SchemaLanguage, SchemaText } from '../../ports/schemas.ts';
import type { RegistryClient } from './registry-client.ts';

interface Entry {
  readonly subject: string;
  readonly schema: string;
  /** AVRO if it is left out. */
  readonly schemaType?: SchemaLanguage;
}

export class FileRegistry implements RegistryClient {
  readonly #file: string | null;
  /** As in the file, which only grows: the schema at index i has the id i + 1. */
  #entries: readonly Entry[] = [];
  /** Registrations one by one: each assigns the position after the one before. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param file null: ids end with this object */
  constructor(file: string | null) {
    this.#file = file;
  }

  get name(): string {
    return this.#file ?? 'the registry in the process';
  }

  register(subject: string, schema: SchemaText): Promise<number> {
    const registered = this.#last.then(() => this.#append(subject, schema));
    this.#last = registered.catch(() => undefined); // its caller has the error
    return registered;
  }

  async idOf(subject: string, schema: SchemaText): Promise<number | null> {
    return this.#find(subject, schema) ?? (await this.#read(), this.#find(subject, schema));
  }

  /** Reads the file again for ids beyond its end, as another process may have added them: once for all ids. */
  async schemasOf(ids: readonly number[]): Promise<ReadonlyArray<SchemaText | null>> {
    if (ids.some((id) => id > this.#entries.length)) await this.#read();
    return ids.map((id) => {
      const entry = this.#entries[id - 1];
      return entry === undefined ? null : { language: entry.schemaType ?? 'AVRO', text: entry.schema };
    });
  }

  async #append(subject: string, schema: SchemaText): Promise<number> {
    const known = await this.idOf(subject, schema);
    if (known !== null) return known;
    const { language, text } = schema;
    const entry =
      language === 'AVRO' ? { subject, schema: text } : { subject, schema: text, schemaType: language };
    const entries = [...this.#entries, entry];
    await this.#write(entries);
    this.#entries = entries;
    return entries.length;
  }

  #find(subject: string, { language, text }: SchemaText): number | null {
    const index = this.#entries.findIndex(
      (entry) =>
        entry.subject === subject && entry.schema === text && (entry.schemaType ?? 'AVRO') === language,
    );
    return index < 0 ? null : index + 1;
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    if (this.#file === null) return;
    const draft = `${this.#file}.${process.pid}`;
    try {
      await mkdir(dirname(this.#file), { recursive: true });
      await writeFile(draft, `${JSON.stringify(entries, null, 2)}\n`);
      await rename(draft, this.#file);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw fileError(error, 'write the file of known schemas', this.#file, 'DATA_INVALID');
    }
  }

  async #read(): Promise<void> {
    if (this.#file === null) return;
    try {
      const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '[]';
        throw error;
      });
      const entries = entriesOf(JSON.parse(text));
      // What was assigned stays assigned: a file that another process has not yet written to is behind.
      if (entries.length > this.#entries.length) this.#entries = entries;
    } catch (error) {
      throw new MillraceError(
        'DATA_INVALID',
        `the file of known schemas cannot be read: ${messageOf(error)}`,
        {
          where: this.#file,
          remedy: 'Restore it from a copy: records in the log refer to schemas by their position in it.',
          cause: error,
        },
      );
    }
  }
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'subject' in value &&
    typeof value.subject === 'string' &&
    'schema' in value &&
    typeof value.schema === 'string'
  );
}

function entriesOf(content: unknown): Entry[] {
  if (!Array.isArray(content) || !content.every(isEntry)) throw new TypeError('it is no list of schemas');
  return content;
}
