// A Confluent-compatible schema registry (control path). The client brings the software development kits of three
// clouds for encryption that Millrace does not use, 90 MB, so the user installs it where a registry is in use.
import type * as Confluent from '@confluentinc/schemaregistry';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { SchemaLanguage, SchemaText } from '../../ports/schemas.ts';
import { registryFault } from './registry-answers.ts';
import type { RegistryClient } from './registry-client.ts';

export interface ConfluentRegistryOptions {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

const PACKAGE = '@confluentinc/schemaregistry';
/** Requests at once. */
const LOOKUPS_AT_ONCE = 8;
const NOT_FOUND = 404;

export class ConfluentRegistry implements RegistryClient {
  readonly name: string;
  readonly #client: Confluent.Client;

  private constructor(name: string, client: Confluent.Client) {
    this.name = name;
    this.#client = client;
  }

  /** Takes half a second to load. @throws CONFIG_INVALID if the client is not installed */
  static async open({ url, username, password }: ConfluentRegistryOptions): Promise<ConfluentRegistry> {
    const { SchemaRegistryClient } = await importClient();
    const userInfo = `${username}:${password ?? ''}`;
    const credentials = { basicAuthCredentials: { credentialsSource: 'USER_INFO' as const, userInfo } };
    const client = SchemaRegistryClient.newClient({
      baseURLs: [url],
      ...(username === undefined ? {} : credentials),
    });
    return new ConfluentRegistry(url, client);
  }

  async register(subject: string, { language, text }: SchemaText): Promise<number> {
    try {
      return await this.#client.register(subject, { schema: text, schemaType: language }, false);
    } catch (error) {
      throw this.#refused(subject, error);
    }
  }

  async idOf(subject: string, { language, text }: SchemaText): Promise<number | null> {
    try {
      return await this.#client.getId(subject, { schema: text, schemaType: language }, false);
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) return null;
      throw this.#refused(subject, error);
    }
  }

  async schemasOf(ids: readonly number[]): Promise<ReadonlyArray<SchemaText | null>> {
    const schemas: Array<SchemaText | null> = [];
    for (let i = 0; i < ids.length; i += LOOKUPS_AT_ONCE) {
      const group = ids.slice(i, i + LOOKUPS_AT_ONCE);
      schemas.push(...(await Promise.all(group.map((id) => this.#schemaOf(id)))));
    }
    return schemas;
  }

  async #schemaOf(id: number): Promise<SchemaText | null> {
    try {
      const { schema, schemaType } = await this.#client.getBySubjectAndId('', id);
      return { language: (schemaType ?? 'AVRO') as SchemaLanguage, text: schema }; // the registry's closed list
    } catch (error) {
      const fault = registryFault(statusOf(error), 'id');
      if (fault === 'record') return null;
      throw fault === 'environment' ? this.#unavailable(error) : this.#denied(`schema ${id}`, error);
    }
  }

  /** An answer that the engine cannot go on without. */
  #refused(subject: string, cause: unknown): MillraceError {
    const status = statusOf(cause);
    if (registryFault(status, 'subject') === 'environment') return this.#unavailable(cause);
    if (status === 401 || status === 403) return this.#denied(subject, cause);
    return new MillraceError('SCHEMA_INVALID', `the registry refused the schema: ${messageOf(cause)}`, {
      where: `${subject} at ${this.name}`,
      remedy: 'Make the schema compatible with the registered versions: new fields need defaults.',
      cause,
    });
  }

  #denied(what: string, cause: unknown): MillraceError {
    return new MillraceError('REGISTRY_FAILED', `the schema registry denies access: ${messageOf(cause)}`, {
      where: `${what} at ${this.name}`,
      remedy:
        'Correct the user and the password in MILLRACE_SCHEMA_REGISTRY_URL, or what the registry allows that user.',
      cause,
    });
  }

  #unavailable(cause: unknown): MillraceError {
    return new MillraceError(
      'REGISTRY_UNAVAILABLE',
      `the schema registry does not answer: ${messageOf(cause)}`,
      {
        where: this.name,
        remedy: 'Start it, or correct MILLRACE_SCHEMA_REGISTRY_URL.',
        cause,
      },
    );
  }
}

/** `load` stands for the import in tests. @throws CONFIG_INVALID if the client is not installed */
export async function importClient(
  load: () => Promise<typeof Confluent> = () => import('@confluentinc/schemaregistry'),
): Promise<typeof Confluent> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new MillraceError('CONFIG_INVALID', `a schema registry needs the package ${PACKAGE}`, {
      where: 'MILLRACE_SCHEMA_REGISTRY_URL',
      remedy: `Install it beside millrace: npm install ${PACKAGE}.`,
      cause,
    });
  }
}

/** HTTP status of the client's RestError; undefined for connection errors. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}
