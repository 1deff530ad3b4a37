// Port: the schemas of a project and of its schema registry (types only).

/** Languages that a schema registry stores schemas in. */
export type SchemaLanguage = 'AVRO' | 'JSON' | 'PROTOBUF';

/** A schema as a registry stores it. */
export interface SchemaText {
  readonly language: SchemaLanguage;
  readonly text: string;
  /** Schemas that it refers to by name, each after those that it refers to itself; left out if there are none. */
  readonly references?: readonly string[];
}

/** How a record names its schema: by the registry's id, or by a GUID, which is text. */
export type SchemaKey = number | string;

/** Why the schema of an id cannot be had: what becomes of the records that name it. */
export interface SchemaRefusal {
  readonly code: 'SCHEMA_UNKNOWN' | 'SCHEMA_INVALID';
  readonly message: string;
}

export interface Schemas {
  /** The registry's URL, for messages. */
  readonly name: string;
  /**
   * The project's schema of a subject: the contents of `<subject>.<extension>`.
   * @throws SCHEMA_INVALID if there is no such file, with the places that were searched
   */
  read(subject: string, extension: string): Promise<string>;
  /**
   * Whether the subject's schema is derived from declared columns: the names of its types are then the engine's own, which no
   * writer can know. Left out: none is.
   */
  isDerived?(subject: string): boolean;
  /**
   * The registry's id of a subject's schema, which is registered if the settings allow it.
   * @throws SCHEMA_UNKNOWN if it is not registered and must not be, SCHEMA_INVALID if the registry rejects it,
   * REGISTRY_UNAVAILABLE if the registry does not answer
   */
  idOf(subject: string, schema: SchemaText): Promise<number>;
  /** Whether the id need not be looked up: its schema is known, or known not to exist. */
  isSettled(id: SchemaKey): boolean;
  /** Looks ids up; they are settled afterwards. Throws REGISTRY_UNAVAILABLE if the registry does not answer. */
  lookUp(ids: readonly SchemaKey[]): Promise<void>;
  /** The schema of an id that has been looked up; undefined if it has not been, or cannot be had. */
  known(id: SchemaKey): SchemaText | undefined;
  /** Why the schema of an id that has been looked up cannot be had; undefined if that is not known. */
  refusal(id: SchemaKey): SchemaRefusal | undefined;
}
