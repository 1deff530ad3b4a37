// Port: the keys that personal data is encrypted with (types only).

/** Encrypts data keys: with a key of a file, or by a key-management service. */
export interface KeyWrapper {
  /** Names the key that `wrap` uses at present: what another one has wrapped is wrapped again. */
  readonly id: string;
  /**
   * @param context what the key is, authenticated with it: it unwraps as nothing else
   * @throws KEYS_UNAVAILABLE
   */
  wrap(key: Buffer, context: string): Promise<Buffer>;
  /**
   * @param id of the wrapper at the time
   * @param context as it was wrapped with
   * @throws KEYS_UNAVAILABLE
   */
  unwrap(wrapped: Buffer, id: string, context: string): Promise<Buffer>;
}
