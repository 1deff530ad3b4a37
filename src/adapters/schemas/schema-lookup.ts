// Schemas by id from a registry that may be away, deny, lie or hang (control path). What it says about one id counts only if
// it still gives another schema that it gave before: an outage never makes an id unknown, and one id that can never be had
// is no outage.
import { messageOf, MillraceError } from '../../core/errors.ts';
import { AVRO_SCHEMA_CHARS_MAX } from '../../core/event-limits.ts';
import {
  REGISTRY_ID_MS_MAX,
  SCHEMA_REFERENCES_MAX,
  UNKNOWN_SCHEMA_IDS_MAX,
} from '../../core/registry-limits.ts';
import type { SchemaKey, SchemaLanguage, SchemaRefusal, SchemaText } from '../../ports/schemas.ts';
import type { NewClient } from './registry-client.ts';
import { registryFault, statusOf, type RegistryErrors } from './registry-answers.ts';

const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;

/** What the registry gives for an id, or for a subject's version. */
interface Stored {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: ReadonlyArray<{ readonly subject: string; readonly version: number }>;
}

export class SchemaLookup {
  readonly #client: NewClient;
  readonly #errors: RegistryErrors;
  readonly #clock: () => number;
  /** An id whose schema the registry has given. */
  #given: SchemaKey | null = null;
  /** Ids that the registry fails to answer for, and since when. */
  readonly #failing = new Map<SchemaKey, number>();

  /** @param clock monotonic, ms */
  constructor(client: NewClient, errors: RegistryErrors, clock: () => number) {
    this.#client = client;
    this.#errors = errors;
    this.#clock = clock;
  }

  /** An id that the registry gave itself when a schema was registered. */
  registered(id: number): void {
    this.#given ??= id;
  }

  /** Null for an id that the registry does not have. @throws REGISTRY_UNAVAILABLE, REGISTRY_FAILED */
  async schemaOf(id: SchemaKey): Promise<SchemaText | SchemaRefusal | null> {
    try {
      const schema = await this.#read(id);
      this.#given = id;
      this.#failing.delete(id);
      return schema;
    } catch (error) {
      await this.#checkRegistry(error);
      if (registryFault(statusOf(error), 'id') === 'environment') this.#wait(id, error);
      if (statusOf(error) === NOT_FOUND) return null;
      const message = `the registry ${this.#errors.name} does not give the schema with id ${id}: ${messageOf(error)}`;
      return { code: 'SCHEMA_UNKNOWN', message };
    }
  }

  /** Throws what concerns every id: that of `error` if no other id is known. */
  async #checkRegistry(error: unknown): Promise<void> {
    const fault = registryFault(statusOf(error), 'id');
    if (this.#given === null) {
      if (fault === 'environment') throw this.#errors.unavailable(error);
      if (fault === 'configuration') throw this.#errors.denied('schemas', error);
      return;
    }
    try {
      await this.#stored(this.#given);
    } catch (cause) {
      const status = statusOf(cause);
      if (status === NOT_FOUND)
        throw this.#errors.unavailable(new Error(`it has lost schema ${this.#given}, which it gave before`));
      if (status === 401 || status === 403 || status === 407)
        throw this.#errors.denied(`schema ${this.#given}`, cause);
      throw this.#errors.unavailable(cause);
    }
  }

  /** @throws REGISTRY_UNAVAILABLE until the id has failed for so long that it is not the registry */
  #wait(id: SchemaKey, error: unknown): void {
    const nowMs = this.#clock();
    if (this.#failing.size >= UNKNOWN_SCHEMA_IDS_MAX) this.#failing.clear();
    const sinceMs = this.#failing.get(id) ?? nowMs;
    this.#failing.set(id, sinceMs);
    if (nowMs - sinceMs < REGISTRY_ID_MS_MAX || statusOf(error) === TOO_MANY_REQUESTS)
      throw this.#errors.unavailable(error);
    this.#failing.delete(id);
  }

  async #stored(id: SchemaKey): Promise<Stored> {
    const client = this.#client();
    return storedOf(await (typeof id === 'string' ? client.getByGuid(id) : client.getBySubjectAndId('', id)));
  }

  async #read(id: SchemaKey): Promise<SchemaText | SchemaRefusal> {
    const stored = await this.#stored(id);
    if (stored.schema.length > AVRO_SCHEMA_CHARS_MAX) {
      const message = `the schema with id ${id} is longer than ${AVRO_SCHEMA_CHARS_MAX} characters`;
      return { code: 'SCHEMA_INVALID', message };
    }
    const references: string[] = [];
    const problem = await this.#collect(stored, references, new Set());
    if (problem !== null) return { code: 'SCHEMA_INVALID', message: `schema id ${id}: ${problem}` };
    return {
      language: (stored.schemaType ?? 'AVRO') as SchemaLanguage, // others are refused by every reader
      text: stored.schema,
      ...(references.length > 0 ? { references } : {}),
    };
  }

  /** Adds the schemas that one refers to, each behind its own; returns why that is not possible, or null. */
  async #collect({ references = [] }: Stored, into: string[], seen: Set<string>): Promise<string | null> {
    for (const { subject, version } of references) {
      const name = `${subject} version ${version}`;
      if (seen.has(name)) continue;
      seen.add(name);
      if (seen.size > SCHEMA_REFERENCES_MAX) return `it refers to more than ${SCHEMA_REFERENCES_MAX} schemas`;
      let stored: Stored;
      try {
        stored = storedOf(await this.#client().getSchemaMetadata(subject, version, true));
      } catch (error) {
        if (statusOf(error) !== NOT_FOUND) throw error;
        return `it refers to ${name}, which the registry does not have`;
      }
      const problem = await this.#collect(stored, into, seen);
      if (problem !== null) return problem;
      into.push(stored.schema);
    }
    return null;
  }
}

/** The answer, if it is one: a proxy, or a registry that is starting, may give anything with the status 200. */
function storedOf(answer: unknown): Stored {
  const { schema, schemaType, references } = (answer ?? {}) as Partial<Record<keyof Stored, unknown>>;
  if (
    typeof schema === 'string' &&
    (schemaType === undefined || schemaType === null || typeof schemaType === 'string') &&
    (references === undefined || references === null || Array.isArray(references))
  ) {
    return {
      schema,
      ...(typeof schemaType === 'string' ? { schemaType } : {}),
      references: (references ?? []).map(referenceOf),
    };
  }
  throw new MillraceError('REGISTRY_UNAVAILABLE', 'the answer is no schema');
}

function referenceOf(json: unknown): { readonly subject: string; readonly version: number } {
  const { subject, version } = (json ?? {}) as { readonly subject?: unknown; readonly version?: unknown };
  if (typeof subject === 'string' && typeof version === 'number') return { subject, version };
  throw new MillraceError('REGISTRY_UNAVAILABLE', 'the answer has a reference without subject and version');
}
