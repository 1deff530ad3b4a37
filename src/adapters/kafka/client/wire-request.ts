// A request that this adapter encodes and decodes itself (types only).

/** One version of one of Kafka's requests. */
export interface WireRequest<T> {
  readonly name: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** The bytes after the header. */
  readonly body: Buffer;
  /**
   * @param body of the response, after its header
   * @throws KafkaError for an error code that concerns the whole request
   */
  readonly decode: (body: Buffer) => T;
  /** Milliseconds for which the broker's quota delays the next request. */
  readonly throttleMsOf?: (answer: T) => number;
}
