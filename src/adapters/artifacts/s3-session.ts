// Requests to a store with the API of S3 (control path): a client with the credentials and certificates of this moment, requests
// that are bounded and retried, and what their failures mean.
import type * as S3 from '@aws-sdk/client-s3';
import { S3_REQUEST_MS_MAX, S3_RETRIES_MS_MAX } from '../../core/artifact-limits.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { S3Access } from '../../ports/credentials.ts';
import { retriesWithin, type Waits } from '../../resilience/retries.ts';
import { within } from '../../resilience/within.ts';
import { importOptional, type OptionalPackage } from '../shared/optional-package.ts';

const PACKAGE: OptionalPackage = {
  name: '@aws-sdk/client-s3',
  needs: 'artifacts in S3 need',
  where: 'MILLRACE_ARTIFACTS',
};
const DEFAULT_REGION = 'us-east-1';
const WAITS: Waits = { startMs: 100, maxMs: 5_000 };
const SERVER_ERROR = 500;
const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;

/** `load` stands for the import in tests. @throws CONFIG_INVALID if the client is not installed */
export function importS3(
  load: () => Promise<typeof S3> = () => import('@aws-sdk/client-s3'),
): Promise<typeof S3> {
  return importOptional(load, PACKAGE);
}

export class S3Session {
  /** Makes the commands. */
  readonly api: typeof S3;
  readonly #client: S3.S3Client;
  readonly #where: string;

  private constructor(api: typeof S3, client: S3.S3Client, where: string) {
    this.api = api;
    this.#client = client;
    this.#where = where;
  }

  /** @param where the place, for messages */
  static async open(access: S3Access, where: string): Promise<S3Session> {
    const api = await importS3();
    return new S3Session(api, new api.S3Client(clientOptions(access)), where);
  }

  /**
   * Answers once, and again while a failure may pass.
   * @param what it does, as an infinitive
   * @throws ARTIFACT_UNAVAILABLE
   */
  async request<T>(what: string, ask: (client: S3.S3Client, signal: AbortSignal) => Promise<T>): Promise<T> {
    const once = async (): Promise<T> => {
      const abort = new AbortController();
      try {
        // The signal ends a request; what its answer still streams, the race.
        return await within(S3_REQUEST_MS_MAX, ask(this.#client, abort.signal));
      } catch (error) {
        abort.abort();
        throw this.#failure(error, what);
      }
    };
    return retriesWithin(S3_RETRIES_MS_MAX, ({ cause }) => mayPass(cause), WAITS).execute(once);
  }

  close(): void {
    this.#client.destroy();
  }

  #failure(cause: unknown, what: string): MillraceError {
    return new MillraceError('ARTIFACT_UNAVAILABLE', `it was not possible to ${what}: ${described(cause)}`, {
      where: this.#where,
      remedy: remedyOf(cause),
      cause,
    });
  }
}

/** Retries are the session's, and a server that knows no checksums but those of signatures is asked for none. */
function clientOptions({ endpoint, region, isInPath, keys, tls }: S3Access): S3.S3ClientConfig {
  const known = region ?? (endpoint === null ? null : (process.env['AWS_REGION'] ?? DEFAULT_REGION));
  return {
    maxAttempts: 1,
    // To wait for a 100 before a body, the client's handler makes connections that do not know our authorities.
    expectContinueHeader: false,
    forcePathStyle: isInPath,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: S3_RETRIES_MS_MAX, ...(isEmpty(tls) ? {} : { httpsAgent: tls }) },
    ...(endpoint === null ? {} : { endpoint }),
    ...(known === null ? {} : { region: known }),
    ...(keys === null ? {} : { credentials: keys }),
  };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Of the answer; null if there was none. */
export function statusOf(error: unknown): number | null {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : null;
  return typeof status === 'number' ? status : null;
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Without credentials no request is sent; any other failure without an answer is the network's. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  if (status === null) return nameOf(error) !== 'CredentialsProviderError';
  return status >= SERVER_ERROR || status === TOO_MANY_REQUESTS || status === REQUEST_TIMEOUT;
}

function described(error: unknown): string {
  const status = statusOf(error);
  return status === null
    ? messageOf(error)
    : `the server answers ${status}, ${nameOf(error)}: ${messageOf(error)}`;
}

function remedyOf(error: unknown): string {
  const status = statusOf(error);
  if (nameOf(error) === 'CredentialsProviderError')
    return 'Set MILLRACE_S3_ACCESS_KEY_ID and MILLRACE_S3_SECRET_ACCESS_KEY, or the credentials of AWS.';
  if (status === 401 || status === 403)
    return 'Check the keys, and that they may s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads.';
  if (status === 404) return 'Check the bucket in MILLRACE_ARTIFACTS: it must exist.';
  if (status === 301 || status === 400) return 'Check MILLRACE_S3_REGION and MILLRACE_S3_ADDRESSING.';
  return 'Check MILLRACE_S3_ENDPOINT and that the server runs; MILLRACE_S3_CA_FILE names the authority of its certificate.';
}
