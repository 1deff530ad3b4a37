// What Millrace asks of a schema registry (types alone): a server behind a client, or the file of an embedded one.
import type * as Confluent from '@confluentinc/schemaregistry';
import type { SchemaKey, SchemaRefusal, SchemaText } from '../../ports/schemas.ts';

export interface RegistryClient {
  /** URL or file, for messages. */
  readonly name: string;
  /** The id of a subject's schema, which is registered if it is not yet. @throws SCHEMA_INVALID, REGISTRY_UNAVAILABLE */
  register(subject: string, schema: SchemaText): Promise<number>;
  /** The id of a subject's schema; null if it is not registered. @throws SCHEMA_INVALID, REGISTRY_UNAVAILABLE */
  idOf(subject: string, schema: SchemaText): Promise<number | null>;
  /**
   * The schemas of ids and GUIDs: null for each that the registry does not have, and the reason for each that it does not give although
   * it answers for others.
   * @throws REGISTRY_UNAVAILABLE, REGISTRY_FAILED if that concerns all ids
   */
  schemasOf(ids: readonly SchemaKey[]): Promise<ReadonlyArray<SchemaText | SchemaRefusal | null>>;
}

/** A new client: it keeps whatever it was answered, an error page too. What is known is kept by `Registry`. */
export type NewClient = () => Confluent.Client;
