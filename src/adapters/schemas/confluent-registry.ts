// A Confluent-compatible schema registry (control path). The client brings the software development kits of three
// clouds for encryption that Millrace does not use, 90 MB, so the user installs it where a registry is in use.
import { Agent } from 'node:https';
import type * as Confluent from '@confluentinc/schemaregistry';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { REGISTRY_ANSWER_BYTES_MAX, REGISTRY_REQUEST_MS_MAX } from '../../core/registry-limits.ts';
import { redacted } from '../../core/secrets.ts';
import { splitUrl } from '../../core/url-credentials.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { SchemaKey, SchemaRefusal, SchemaText } from '../../ports/schemas.ts';
import { importOptional, type OptionalPackage } from '../shared/optional-package.ts';
import { RegistryErrors, registryFault, statusOf } from './registry-answers.ts';
import type { NewClient, RegistryClient } from './registry-client.ts';
import { SchemaLookup } from './schema-lookup.ts';

export interface ConfluentRegistryOptions {
  readonly url: string;
  /** Read before each request; by default the URL alone. */
  readonly access?: () => ServerAccess;
  /** Monotonic, ms; of the process by default. */
  readonly clock?: () => number;
  /** Of one request; REGISTRY_REQUEST_MS_MAX by default. */
  readonly requestMsMax?: number;
}

const PACKAGE: OptionalPackage = {
  name: '@confluentinc/schemaregistry',
  needs: 'a schema registry needs',
  where: 'MILLRACE_SCHEMA_REGISTRY_URL',
};
const NOT_FOUND = 404;
/** An incompatible schema, or in Apicurio one that another process registers. */
const CONFLICT = 409;
const REGISTRATIONS_MAX = 3;

export class ConfluentRegistry implements RegistryClient {
  readonly name: string;
  readonly #client: NewClient;
  readonly #errors: RegistryErrors;
  readonly #lookup: SchemaLookup;

  private constructor(name: string, client: NewClient, lookup: SchemaLookup, errors: RegistryErrors) {
    this.name = name;
    this.#client = client;
    this.#lookup = lookup;
    this.#errors = errors;
  }

  /** Takes half a second to load. @throws CONFIG_INVALID if the client is not installed */
  static async open({
    url,
    access = () => ({ url, user: null, tls: {} }),
    clock = () => performance.now(),
    requestMsMax = REGISTRY_REQUEST_MS_MAX,
  }: ConfluentRegistryOptions): Promise<ConfluentRegistry> {
    const { SchemaRegistryClient } = await importClient();
    const options = (): Confluent.ClientConfig => clientOptions(access(), requestMsMax);
    const name = redacted(url);
    const errors = new RegistryErrors(name);
    // The task that needs a schema retries itself.
    const reader = (): Confluent.Client => SchemaRegistryClient.newClient({ ...options(), maxRetries: 0 });
    const lookup = new SchemaLookup(reader, errors, clock);
    return new ConfluentRegistry(name, () => SchemaRegistryClient.newClient(options()), lookup, errors);
  }

  /** The engines of a fleet start together: a registry may refuse what another one registers at the same moment. */
  async register(subject: string, { language, text }: SchemaText): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        const schema = { schema: text, schemaType: language };
        return this.#idIn(await this.#client().register(subject, schema, false));
      } catch (error) {
        const mayBeThere = statusOf(error) === CONFLICT && attempt < REGISTRATIONS_MAX;
        if (!mayBeThere) throw this.#refused(subject, error);
      }
    }
  }

  async idOf(subject: string, { language, text }: SchemaText): Promise<number | null> {
    try {
      const schema = { schema: text, schemaType: language };
      return this.#idIn(await this.#client().getId(subject, schema, false));
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) return null;
      throw this.#refused(subject, error);
    }
  }

  /** One by one, as the client asks them: the first that concerns all ids ends it. */
  async schemasOf(ids: readonly SchemaKey[]): Promise<ReadonlyArray<SchemaText | SchemaRefusal | null>> {
    const schemas: Array<SchemaText | SchemaRefusal | null> = [];
    for (const id of ids) schemas.push(await this.#lookup.schemaOf(id));
    return schemas;
  }

  /** A proxy, or a registry that is starting, may give anything with the status 200. */
  #idIn(answer: unknown): number {
    if (typeof answer !== 'number' || !Number.isSafeInteger(answer)) throw new Error('the answer has no id');
    this.#lookup.registered(answer);
    return answer;
  }

  /** An answer that the engine cannot go on without. */
  #refused(subject: string, cause: unknown): MillraceError {
    const status = statusOf(cause);
    if (registryFault(status, 'subject') === 'environment') return this.#errors.unavailable(cause);
    if (status === 401 || status === 403 || status === 407) return this.#errors.denied(subject, cause);
    return new MillraceError('SCHEMA_INVALID', `the registry refused the schema: ${messageOf(cause)}`, {
      where: `${subject} at ${this.name}`,
      remedy: 'Make the schema compatible with the registered versions: new fields need defaults.',
      cause,
    });
  }
}

function clientOptions({ url, user, tls }: ServerAccess, requestMsMax: number): Confluent.ClientConfig {
  const { bare, user: userOfUrl } = splitUrl(url);
  const known = user ?? userOfUrl;
  const userInfo = known === null ? null : `${known.username}:${known.password}`;
  return {
    baseURLs: [bare],
    cacheCapacity: 1,
    createAxiosDefaults: {
      timeout: requestMsMax,
      maxContentLength: REGISTRY_ANSWER_BYTES_MAX,
      ...(Object.keys(tls).length === 0 ? {} : { httpsAgent: new Agent(tls) }),
    },
    ...(userInfo === null ? {} : { basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo } }),
  };
}

/** `load` stands for the import in tests. @throws CONFIG_INVALID if the client is not installed */
export function importClient(
  load: () => Promise<typeof Confluent> = () => import('@confluentinc/schemaregistry'),
): Promise<typeof Confluent> {
  return importOptional(load, PACKAGE);
}
