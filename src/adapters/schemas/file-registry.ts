// The embedded schema registry (control path): a JSON file, in which a schema's position is its id. Every process of a
// broker that shares the file frames records by the same ids.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { fileError, systemCode } from '../../core/file-errors.ts';
import type { SchemaKey, SchemaLanguage, SchemaText } from '../../ports/schemas.ts';
import type { RegistryClient } from './registry-client.ts';

/** Milliseconds to wait for another process that registers: it reads and writes a small file. */
const LOCK_MS_MAX = 5_000;

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
    return this.#find(subject, schema) ?? (this.#read(), this.#find(subject, schema));
  }

  /** Reads the file again for ids beyond its end, as another process may have added them: once for all ids. */
  async schemasOf(ids: readonly SchemaKey[]): Promise<ReadonlyArray<SchemaText | null>> {
    if (ids.some((id) => Number(id) > this.#entries.length)) this.#read();
    return ids.map((id) => {
      const entry = typeof id === 'number' ? this.#entries[id - 1] : undefined; // it gives no GUIDs
      return entry === undefined ? null : { language: entry.schemaType ?? 'AVRO', text: entry.schema };
    });
  }

  #append(subject: string, schema: SchemaText): number {
    const known = this.#find(subject, schema);
    if (known !== null) return known;
    const lock = this.#file === null ? null : this.#lock(this.#file);
    try {
      this.#read();
      return this.#find(subject, schema) ?? this.#add(subject, schema);
    } finally {
      lock?.close();
    }
  }

  /** Returns the new entry's id. */
  #add(subject: string, { language, text }: SchemaText): number {
    const entry =
      language === 'AVRO' ? { subject, schema: text } : { subject, schema: text, schemaType: language };
    const entries = [...this.#entries, entry];
    if (this.#file !== null) this.#write(this.#file, entries);
    this.#entries = entries;
    return entries.length;
  }

  /**
   * The system's lock on a file beside the registry's, by SQLite: it ends with its process however that dies. It is not
   * kept across a pause, so that another registry in this process never waits for it.
   */
  #lock(file: string): DatabaseSync {
    try {
      mkdirSync(dirname(file), { recursive: true });
      const lock = new DatabaseSync(`${file}.lock`, { timeout: LOCK_MS_MAX });
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return lock;
    } catch (error) {
      throw fileError(error, 'lock the file of known schemas', file, 'DATA_INVALID');
    }
  }

  #find(subject: string, { language, text }: SchemaText): number | null {
    const index = this.#entries.findIndex(
      (entry) =>
        entry.subject === subject && entry.schema === text && (entry.schemaType ?? 'AVRO') === language,
    );
    return index < 0 ? null : index + 1;
  }

  #write(file: string, entries: readonly Entry[]): void {
    const draft = `${file}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(entries, null, 2)}\n`);
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw fileError(error, 'write the file of known schemas', file, 'DATA_INVALID');
    }
  }

  #read(): void {
    if (this.#file === null) return;
    try {
      const entries = entriesOf(JSON.parse(textOf(this.#file)));
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

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '[]';
    throw error;
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
