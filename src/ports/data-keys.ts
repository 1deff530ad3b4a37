// Port: the keys that personal data is encrypted with (types only).

/** Encrypts data keys: with a key of a file, or by a key-management service. */
export interface KeyWrapper {
  /** Names the key that `wrap` uses at present: what another one has wrapped is wrapped again. */
  readonly id: string;
  /** @throws KEYS_UNAVAILABLE */
  wrap(key: Buffer): Promise<Buffer>;
  /**
   * @param id of the wrapper at the time
   * @throws KEYS_UNAVAILABLE
   */
  unwrap(wrapped: Buffer, id: string): Promise<Buffer>;
}

/**
 * The data keys of one topology's entities. A key is made by the engine that first seals something of the entity, and its
 * wrapped form is a record of `<topology>.data-keys`; each partition of the source has keys of its own.
 */
export interface DataKeys {
  /**
   * The ids of an entity's keys, hexadecimal; none if nothing of it was sealed.
   * @param entity value of the source's entity column as the stages see it: hashed, if the column is
   */
  keyOf(entity: string): readonly string[];
  /**
   * Destroys an entity's keys, in every partition: dead letters, late events, archived events and encrypted fields, and
   * all copies of them, cannot be read any more. A running engine makes a new key for what arrives later.
   * @returns the ids of the keys that are gone
   */
  destroy(entity: string): Promise<readonly string[]>;
}
