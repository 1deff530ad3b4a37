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
