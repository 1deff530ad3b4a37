// The schema registry (control path): ids by schema, schemas by id, each asked for once.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Client } from '@confluentinc/schemaregistry';
import type avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { UNKNOWN_SCHEMA_IDS_MAX, UNKNOWN_SCHEMA_MS } from '../../core/limits.ts';
import { parseType, type SubjectSchema } from './schema-files.ts';

export interface RegistryOptions {
  /** Of a Confluent-compatible registry; null for one in the process. */
  readonly url: string | null;
  readonly username?: string;
  readonly password?: string;
  /** Whether to register schemas that the registry lacks. Default true. */
  readonly register?: boolean;
  /** Where the registry in the process keeps its schemas, so that a later process gives them the same ids; null: nowhere. */
  readonly file?: string | null;
}

interface KnownSchema {
  readonly subject: string;
  readonly schema: string;
}

/** Requests at once. */
const LOOKUPS_AT_ONCE = 8;
const MOCK_URL = 'mock://';
const NOT_FOUND = 404;

export class Registry {
  readonly #options: RegistryOptions;
  readonly #ids = new Map<string, Promise<number>>();
  readonly #types = new Map<number, avro.Type>();
  /** Ids that the registry does not hold, with the time until which it is not asked again. */
  readonly #unknown = new Map<number, number>();
  #client: Promise<Client> | null = null;
  #kept: KnownSchema[] = [];

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.url ?? MOCK_URL;
  }

  /** The id of a subject's schema, registered where that is allowed. Throws SCHEMA_UNKNOWN or SCHEMA_INVALID. */
  idOf(subject: SubjectSchema): Promise<number> {
    let id = this.#ids.get(subject.subject);
    if (id === undefined) {
      id = this.#register(subject);
      this.#ids.set(subject.subject, id);
      id.catch(() => this.#ids.delete(subject.subject));
    }
    return id;
  }

  /** The writer's type of an id that has been looked up; undefined where it has not, or does not exist. */
  known(id: number): avro.Type | undefined {
    return this.#types.get(id);
  }

  /** True where nothing is gained by asking for the id now. */
  settled(id: number): boolean {
    return this.#types.has(id) || (this.#unknown.get(id) ?? 0) > performance.now();
  }

  /** Asks for ids; afterwards they are settled. Throws SCHEMA_INVALID, or LOG_UNAVAILABLE where nobody answers. */
  async lookUp(ids: readonly number[]): Promise<void> {
    const open = ids.filter((id) => !this.settled(id));
    if (open.length === 0) return;
    const client = await this.#connect();
    const keptBefore = this.#kept.length;
    let missing = await this.#ask(client, open);
    if (missing.length > 0 && this.#options.url === null) {
      // Another process may have added to the file of the registry in the process. It is read once for all of them, as
      // damaged bytes name many ids; and whoever read it meanwhile, what came of it counts.
      await this.#restore(client);
      if (this.#kept.length > keptBefore) missing = await this.#ask(client, missing);
    }
    for (const id of missing) {
      if (this.#unknown.size >= UNKNOWN_SCHEMA_IDS_MAX) this.#unknown.clear();
      this.#unknown.set(id, performance.now() + UNKNOWN_SCHEMA_MS);
    }
  }

  /** Returns the ids that the registry does not hold. */
  async #ask(client: Client, ids: readonly number[]): Promise<number[]> {
    const missing: number[] = [];
    for (let i = 0; i < ids.length; i += LOOKUPS_AT_ONCE) {
      const group = ids.slice(i, i + LOOKUPS_AT_ONCE);
      const texts = await Promise.all(group.map((id) => this.#schemaOf(client, id)));
      for (const [at, text] of texts.entries()) {
        const id = group[at] as number;
        if (text === null) missing.push(id);
        else this.#types.set(id, this.#parse(id, text));
      }
    }
    return missing;
  }

  async #schemaOf(client: Client, id: number): Promise<string | null> {
    try {
      return (await client.getBySubjectAndId('', id)).schema;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw this.#unavailable(error);
    }
  }

  #parse(id: number, text: string): avro.Type {
    try {
      return parseType(JSON.parse(text));
    } catch (cause) {
      throw new MillraceError('SCHEMA_INVALID', `the registry's schema cannot be used: ${messageOf(cause)}`, {
        where: `schema id ${id} of ${this.name}`,
        remedy: 'Only Avro schemas without references can be read.',
        cause,
      });
    }
  }

  async #register({ subject, text, type }: SubjectSchema): Promise<number> {
    const client = await this.#connect();
    const info = { schema: text, schemaType: 'AVRO' };
    try {
      const id =
        (this.#options.register ?? true)
          ? await client.register(subject, info, false)
          : await client.getId(subject, info, false);
      this.#types.set(id, type);
      if (this.#options.url === null) await this.#keep({ subject, schema: text });
      return id;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      if (isNotFound(error)) {
        throw new MillraceError(
          'SCHEMA_UNKNOWN',
          'the registry does not hold the schema, and registering is off',
          {
            where: `${subject} at ${this.name}`,
            remedy: 'Register the schema, or allow Millrace to.',
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

  /** The client takes half a second to load: it is, on first use. */
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

  /** Registers what the file holds and this process does not know yet, in its order. */
  async #restore(client: Client): Promise<void> {
    const kept = await this.#readFile();
    const fresh = kept.slice(this.#kept.length);
    for (const { subject, schema } of fresh)
      await client.register(subject, { schema, schemaType: 'AVRO' }, false);
    if (fresh.length > 0) this.#kept = kept;
  }

  async #keep(schema: KnownSchema): Promise<void> {
    if (this.#kept.some((kept) => kept.subject === schema.subject && kept.schema === schema.schema)) return;
    this.#kept.push(schema);
    const file = this.#options.file ?? null;
    if (file === null) return;
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, `${JSON.stringify(this.#kept, null, 2)}\n`);
    await rename(draft, file);
  }

  async #readFile(): Promise<KnownSchema[]> {
    const file = this.#options.file ?? null;
    if (file === null) return [];
    try {
      return JSON.parse(await readFile(file, 'utf8')) as KnownSchema[]; // written by #keep alone
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw new MillraceError(
        'DATA_INVALID',
        `the file of known schemas cannot be read: ${messageOf(error)}`,
        {
          where: file,
          remedy: 'Restore it from a copy: records in the log name schemas by their place in it.',
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

/** HTTP status of the client's RestError; undefined for errors of the connection. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

function isNotFound(error: unknown): boolean {
  return statusOf(error) === NOT_FOUND;
}
