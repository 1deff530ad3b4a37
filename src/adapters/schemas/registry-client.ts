// What Millrace asks of a schema registry (types alone): a server behind a client, or the file of an embedded one.
import type { SchemaText } from '../../ports/schemas.ts';

export interface RegistryClient {
  /** URL or file, for messages. */
  readonly name: string;
  /** The id of a subject's schema, which is registered if it is not yet. @throws SCHEMA_INVALID, REGISTRY_UNAVAILABLE */
  register(subject: string, schema: SchemaText): Promise<number>;
  /** The id of a subject's schema; null if it is not registered. @throws SCHEMA_INVALID, REGISTRY_UNAVAILABLE */
  idOf(subject: string, schema: SchemaText): Promise<number | null>;
  /** The schemas of ids, null for each that the registry does not have. @throws REGISTRY_UNAVAILABLE */
  schemasOf(ids: readonly number[]): Promise<ReadonlyArray<SchemaText | null>>;
}
