// The client of the schema registry (control path): ids by schema, schemas by id, each requested once.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Client } from '@confluentinc/schemaregistry';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { UNKNOWN_SCHEMA_IDS_MAX, UNKNOWN_SCHEMA_MS } from '../../core/limits.ts';
import type { SchemaLanguage, SchemaText } from '../../ports/schemas.ts';

export interface RegistryOptions {
  /** URL of a Confluent-compatible registry; null for a registry in the process. */
  readonly url: string | null;
  readonly username?: string;
  readonly password?: string;
  /** Whether to register schemas that the registry lacks. Default true. */
  readonly register?: boolean;
  /** File of the registry in the process, so that a later process assigns the same ids; null: none. */
  readonly file?: string | null;
}

/** An entry of the registry's file. */
interface KeptSchema {
  readonly subject: string;
  readonly schema: string;
  /** AVRO if it is left out. */
  readonly schemaType?: SchemaLanguage;
}

/** Requests at once. */
const LOOKUPS_AT_ONCE = 8;
const MOCK_URL = 'mock://';
const NOT_FOUND = 404;

export class Registry {
  readonly #options: RegistryOptions;
  readonly #ids = new Map<string, Promise<number>>();
  readonly #schemas = new Map<number, SchemaText>();
  /** Ids that the registry does not have, with the time until which they are not requested again. */
  readonly #unknown = new Map<number, number>();
  #client: Promise<Client> | null = null;
  #kept: KeptSchema[] = [];

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.url ?? MOCK_URL;
  }

  /** @see Schemas */
  idOf(subject: string, schema: SchemaText): Promise<number> {
    let id = this.#ids.get(subject);
    if (id === undefined) {
      id = this.#register(subject, schema);
      this.#ids.set(subject, id);
      id.catch(() => this.#ids.delete(subject));
    }
    return id;
  }

  known(id: number): SchemaText | undefined {
    return this.#schemas.get(id);
  }

  isSettled(id: number): boolean {
    return this.#schemas.has(id) || (this.#unknown.get(id) ?? 0) > performance.now();
  }

  async lookUp(ids: readonly number[]): Promise<void> {
    const open = ids.filter((id) => !this.isSettled(id));
    if (open.length === 0) return;
    const client = await this.#connect();
    const keptBefore = this.#kept.length;
    let missing = await this.#ask(client, open);
    if (missing.length > 0 && this.#options.url === null) {
      // Another process may have added schemas to the file. It is read once for all ids, as damaged bytes name many; a
      // concurrent lookup may have read it already.
      await this.#restore(client);
      if (this.#kept.length > keptBefore) missing = await this.#ask(client, missing);
    }
    for (const id of missing) {
      if (this.#unknown.size >= UNKNOWN_SCHEMA_IDS_MAX) this.#unknown.clear();
      this.#unknown.set(id, performance.now() + UNKNOWN_SCHEMA_MS);
    }
  }

  /** Returns the ids that the registry does not have. */
  async #ask(client: Client, ids: readonly number[]): Promise<number[]> {
    const missing: number[] = [];
    for (let i = 0; i < ids.length; i += LOOKUPS_AT_ONCE) {
      const group = ids.slice(i, i + LOOKUPS_AT_ONCE);
      const schemas = await Promise.all(group.map((id) => this.#schemaOf(client, id)));
      for (const [at, schema] of schemas.entries()) {
        const id = group[at] as number;
        if (schema === null) missing.push(id);
        else this.#schemas.set(id, schema);
      }
    }
    return missing;
  }

  async #schemaOf(client: Client, id: number): Promise<SchemaText | null> {
    try {
      const { schema, schemaType } = await client.getBySubjectAndId('', id);
      return { language: (schemaType ?? 'AVRO') as SchemaLanguage, text: schema }; // the registry's closed list
    } catch (error) {
      if (isNotFound(error)) return null;
      throw this.#unavailable(error);
    }
  }

  async #register(subject: string, schema: SchemaText): Promise<number> {
    const client = await this.#connect();
    const info = { schema: schema.text, schemaType: schema.language };
    try {
      const id =
        (this.#options.register ?? true)
          ? await client.register(subject, info, false)
          : await client.getId(subject, info, false);
      this.#schemas.set(id, schema);
      if (this.#options.url === null) await this.#keep(keptOf(subject, schema));
      return id;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      if (isNotFound(error)) {
        throw new MillraceError(
          'SCHEMA_UNKNOWN',
          'the registry does not have the schema, and registering is off',
          {
            where: `${subject} at ${this.name}`,
            remedy: 'Register the schema, or allow Millrace to register it.',
            cause: error,
          },
        );
      }
      if (statusOf(error) === undefined) throw this.#unavailable(error);
      throw new MillraceError('SCHEMA_INVALID', `the registry refused the schema: ${messageOf(error)}`, {
        where: `${subject} at ${this.name}`,
        remedy: 'Make the schema compatible with the registered versions: new fields need defaults.',
        cause: error,
      });
    }
  }

  /** The client takes half a second to load, so it is loaded on first use. */
  #connect(): Promise<Client> {
    this.#client ??= this.#open();
    return this.#client;
  }

  async #open(): Promise<Client> {
    const { SchemaRegistryClient } = await import('@confluentinc/schemaregistry');
    const { url, username, password } = this.#options;
    const client = SchemaRegistryClient.newClient({
      baseURLs: [url ?? MOCK_URL],
      ...(username === undefined
        ? {}
        : {
            basicAuthCredentials: {
              credentialsSource: 'USER_INFO',
              userInfo: `${username}:${password ?? ''}`,
            },
          }),
    });
    if (url === null) await this.#restore(client);
    return client;
  }

  /** Registers the file's schemas that this process does not know yet, in the file's order. */
  async #restore(client: Client): Promise<void> {
    const kept = await this.#readFile();
    const fresh = kept.slice(this.#kept.length);
    for (const { subject, schema, schemaType = 'AVRO' } of fresh)
      await client.register(subject, { schema, schemaType }, false);
    if (fresh.length > 0) this.#kept = kept;
  }

  async #keep(schema: KeptSchema): Promise<void> {
    if (this.#kept.some((kept) => kept.subject === schema.subject && kept.schema === schema.schema)) return;
    this.#kept.push(schema);
    const file = this.#options.file ?? null;
    if (file === null) return;
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, `${JSON.stringify(this.#kept, null, 2)}\n`);
    await rename(draft, file);
  }

  async #readFile(): Promise<KeptSchema[]> {
    const file = this.#options.file ?? null;
    if (file === null) return [];
    try {
      return JSON.parse(await readFile(file, 'utf8')) as KeptSchema[]; // only #keep writes it
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw new MillraceError(
        'DATA_INVALID',
        `the file of known schemas cannot be read: ${messageOf(error)}`,
        {
          where: file,
          remedy: 'Restore it from a copy: records in the log refer to schemas by their position in it.',
          cause: error,
        },
      );
    }
  }

  #unavailable(cause: unknown): MillraceError {
    return new MillraceError('LOG_UNAVAILABLE', `the schema registry does not answer: ${messageOf(cause)}`, {
      where: this.name,
      remedy: 'Start it, or correct MILLRACE_SCHEMA_REGISTRY_URL.',
      cause,
    });
  }
}

function keptOf(subject: string, { language, text }: SchemaText): KeptSchema {
  return language === 'AVRO' ? { subject, schema: text } : { subject, schema: text, schemaType: language };
}

/** HTTP status of the client's RestError; undefined for connection errors. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

function isNotFound(error: unknown): boolean {
  return statusOf(error) === NOT_FOUND;
}
