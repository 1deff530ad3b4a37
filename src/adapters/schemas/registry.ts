// The schema registry as the codecs see it (control path): ids by schema, schemas by id, each requested once.
import { MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import {
  UNKNOWN_SCHEMA_IDS_MAX,
  UNKNOWN_SCHEMA_MS_MAX,
  UNKNOWN_SCHEMA_MS_MIN,
} from '../../core/registry-limits.ts';
import { keepUrlSecrets, redacted } from '../../core/secrets.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { SchemaKey, SchemaRefusal, SchemaText } from '../../ports/schemas.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { FileRegistry } from './file-registry.ts';
import type { RegistryClient } from './registry-client.ts';

export interface RegistryOptions {
  /** URL of a Confluent-compatible registry; null for the embedded registry. */
  readonly url: string | null;
  /** Read before each request; by default the URL alone. */
  readonly access?: () => ServerAccess;
  /** Whether to register schemas that the registry lacks. Default true. */
  readonly register?: boolean;
  /** File of the embedded registry, so that a later process assigns the same ids; null: none. */
  readonly file?: string | null;
  readonly telemetry?: Telemetry | null;
}

interface Refused {
  /** Monotonic time until which the id is not requested again, ms. */
  readonly untilMs: number;
  /** How long that was. */
  readonly waitMs: number;
  readonly refusal: SchemaRefusal;
}

export class Registry {
  readonly #options: RegistryOptions;
  /** By subject and schema. */
  readonly #ids = new Map<string, Promise<number>>();
  readonly #schemas = new Map<SchemaKey, SchemaText>();
  /** Ids whose schema cannot be had. */
  readonly #refused = new Map<SchemaKey, Refused>();
  #client: Promise<RegistryClient> | null = null;
  #isAway = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    if (options.url !== null) keepUrlSecrets(options.url);
  }

  get name(): string {
    const { url } = this.#options;
    return (url === null ? null : redacted(url)) ?? this.#options.file ?? 'the registry in the process';
  }

  /** @see Schemas */
  idOf(subject: string, schema: SchemaText): Promise<number> {
    const key = `${subject} ${schema.language} ${schema.text}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#register(subject, schema);
      this.#ids.set(key, id);
      id.catch(() => this.#ids.delete(key));
    }
    return id;
  }

  known(id: SchemaKey): SchemaText | undefined {
    return this.#schemas.get(id);
  }

  refusal(id: SchemaKey): SchemaRefusal | undefined {
    return this.#refused.get(id)?.refusal;
  }

  isSettled(id: SchemaKey): boolean {
    return this.#schemas.has(id) || (this.#refused.get(id)?.untilMs ?? 0) > performance.now();
  }

  async lookUp(ids: readonly SchemaKey[]): Promise<void> {
    const open = ids.filter((id) => !this.isSettled(id));
    if (open.length === 0) return;
    const client = await this.#connect();
    const schemas = await this.#answered(() => client.schemasOf(open));
    for (const [i, schema] of schemas.entries()) {
      const id = open[i] as SchemaKey; // an answer for each
      if (schema !== null && 'text' in schema) {
        this.#schemas.set(id, schema);
        this.#refused.delete(id);
      } else if (schema === null) this.#refuse(id, this.#unknown(id), UNKNOWN_SCHEMA_MS_MIN);
      else this.#refuse(id, schema, UNKNOWN_SCHEMA_MS_MAX); // such a request may have taken long
    }
  }

  #unknown(id: SchemaKey): SchemaRefusal {
    return { code: 'SCHEMA_UNKNOWN', message: `the registry ${this.name} has no schema with id ${id}` };
  }

  #refuse(id: SchemaKey, refusal: SchemaRefusal, firstMs: number): void {
    const before = this.#refused.get(id);
    const waitMs = Math.min(Math.max(2 * (before?.waitMs ?? 0), firstMs), UNKNOWN_SCHEMA_MS_MAX);
    if (this.#refused.size >= UNKNOWN_SCHEMA_IDS_MAX) this.#refused.clear();
    this.#refused.set(id, { untilMs: performance.now() + waitMs, waitMs, refusal });
  }

  async #register(subject: string, schema: SchemaText): Promise<number> {
    const client = await this.#connect();
    const mayRegister = this.#options.register ?? true;
    const id = await this.#answered(async () =>
      mayRegister ? client.register(subject, schema) : client.idOf(subject, schema),
    );
    if (id === null) {
      throw new MillraceError(
        'SCHEMA_INVALID',
        'the registry does not have the schema, and registering is off',
        {
          where: `${subject} at ${this.name}`,
          remedy: 'Register the schema, or allow Millrace to register it.',
        },
      );
    }
    this.#schemas.set(id, schema);
    return id;
  }

  /** Raises a condition while the registry is away. */
  async #answered<T>(request: () => Promise<T>): Promise<T> {
    const { telemetry = null } = this.#options;
    try {
      const answer = await request();
      if (this.#isAway) telemetry?.clear('registry_unavailable', this.name);
      this.#isAway = false;
      return answer;
    } catch (error) {
      if (isEnvironmentFault(error)) {
        this.#isAway = true;
        telemetry?.raise('registry_unavailable', this.name, error.message, { blocksReadiness: true });
      }
      throw error;
    }
  }

  #connect(): Promise<RegistryClient> {
    this.#client ??= this.#open();
    this.#client.catch(() => (this.#client = null)); // tried again by the next request
    return this.#client;
  }

  async #open(): Promise<RegistryClient> {
    const { url, file = null, access } = this.#options;
    if (url === null) return new FileRegistry(file);
    const { ConfluentRegistry } = await import('./confluent-registry.ts');
    return ConfluentRegistry.open({ url, ...(access === undefined ? {} : { access }) });
  }
}
