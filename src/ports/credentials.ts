// Port: what a client identifies itself with, and whom it trusts (types alone, control path). A client asks for it with each
// connection that it makes, so that it follows the files that it comes from.

export interface UserPassword {
  readonly username: string;
  readonly password: string;
}

/** PEM text. */
export interface TlsMaterial {
  /** Authorities that the server's certificate is checked against; those of Node if absent. */
  readonly ca?: string;
  /** Certificate and key of the client, both or neither. The key is not encrypted. */
  readonly cert?: string;
  readonly key?: string;
}

/** How a server is reached by a new connection. */
export interface ServerAccess {
  /** It may have a user and a password. */
  readonly url: string;
  /** Instead of those of the URL; null: there are no others. */
  readonly user: UserPassword | null;
  /** At the Sentinels that name a Redis, with an empty user name if they have a password alone. */
  readonly sentinelUser?: UserPassword | null;
  readonly tls: TlsMaterial;
}

/** Keys of S3. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of keys that are temporary. */
  readonly sessionToken?: string;
}

/** How a store with the API of S3 is reached now. */
export interface S3Access {
  /** Null: that of AWS. */
  readonly endpoint: string | null;
  /** Null: as the environment says. */
  readonly region: string | null;
  /** Whether the bucket is in the path of URLs, not in the name of the host. */
  readonly isInPath: boolean;
  /** Null: as the environment says. */
  readonly keys: S3Keys | null;
  readonly tls: TlsMaterial;
}

export interface AccessToken {
  readonly value: string;
  /** When it expires, Unix ms. */
  readonly expiresAtMs: number;
  /** SASL extensions by name (RFC 7628), such as `logicalCluster`. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/**
 * Gives an access token for the brokers: the default export of the module that MILLRACE_KAFKA_TOKEN_PROVIDER names. It is
 * called when there is no token, or the last one is about to expire; a rejection is retried as a broker that is away is.
 */
export type TokenProvider = () => Promise<AccessToken> | AccessToken;
