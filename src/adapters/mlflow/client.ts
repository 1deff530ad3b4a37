// Requests to an MLflow tracking server (control path): its REST API 2.0 and its artifact proxy, bounded in size and time.
import { messageOf, MillraceError } from '../../core/errors.ts';
import { MLFLOW_JSON_BYTES_MAX, MLFLOW_REQUEST_MS_MAX } from '../../core/import-limits.ts';
import { readBounded } from '../shared/bounded-body.ts';

export interface MlflowOptions {
  /** Of the server, which may have a user and a password. */
  readonly url: string;
  /** Sent as a bearer token; null for none. */
  readonly token: string | null;
}

/** An object of a response, of which nothing is believed. */
export type Answer = Readonly<Record<string, unknown>>;

const API = 'api/2.0/mlflow/';
const ARTIFACTS = 'api/2.0/mlflow-artifacts/artifacts';
const NOT_FOUND = 404;
/** Errors that say what a null does: MLflow answers 400 for an alias that it does not have. */
const MEANS_NULL = /"RESOURCE_ALREADY_EXISTS"|alias [^"]* not found/;
const REMEDY = 'Check the URL of the MLflow server, MILLRACE_MLFLOW_TOKEN, and that the server runs.';

export function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; none if it is no list. */
export function objectsOf(value: unknown): readonly Answer[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export class MlflowClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, token }: MlflowOptions) {
    const base = new URL(url.endsWith('/') ? url : `${url}/`);
    const { username, password } = base;
    const user = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    base.username = '';
    base.password = '';
    this.#base = base;
    if (token !== null) this.#headers = { authorization: `Bearer ${token}` };
    else this.#headers = username === '' ? {} : { authorization: `Basic ${user.toString('base64')}` };
  }

  /** Where the server is, without credentials. */
  get where(): string {
    return this.#base.origin;
  }

  /** Null if the server has no such thing. @throws REGISTRY_UNAVAILABLE, REGISTRY_FAILED */
  async get(path: string, query: Readonly<Record<string, string>>): Promise<Answer | null> {
    return this.#json(new URL(`${API}${path}?${new URLSearchParams(query).toString()}`, this.#base), {});
  }

  /** Null if it exists already. @throws REGISTRY_UNAVAILABLE, REGISTRY_FAILED */
  async post(path: string, body: object): Promise<Answer | null> {
    const headers = { 'content-type': 'application/json' };
    return this.#json(new URL(`${API}${path}`, this.#base), {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    });
  }

  /** Files of a folder of the artifact store. */
  async files(folder: string): Promise<ReadonlyArray<{ readonly path: string; readonly isFolder: boolean }>> {
    const found = await this.#json(
      new URL(`${ARTIFACTS}?${new URLSearchParams({ path: folder }).toString()}`, this.#base),
      {},
    );
    return objectsOf(found?.['files']).map(({ path, is_dir: isFolder }) => ({
      path: String(path),
      isFolder: isFolder === true,
    }));
  }

  async download(path: string, bytesMax: number): Promise<Buffer> {
    const bytes = await this.#request(this.#artifact(path), {}, bytesMax);
    if (bytes === null) throw this.#failed(`it has no artifact ${path}`);
    return bytes;
  }

  async upload(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#request(this.#artifact(path), { method: 'PUT', body: bytes }, MLFLOW_JSON_BYTES_MAX);
  }

  #artifact(path: string): URL {
    return new URL(`${ARTIFACTS}/${path.split('/').map(encodeURIComponent).join('/')}`, this.#base);
  }

  async #json(url: URL, init: RequestInit): Promise<Answer | null> {
    const bytes = await this.#request(url, init, MLFLOW_JSON_BYTES_MAX);
    if (bytes === null) return null;
    try {
      const value: unknown = JSON.parse(bytes.toString());
      if (isObject(value)) return value;
    } catch {
      // reported below
    }
    throw this.#failed('its response is no JSON object');
  }

  /** The body; null if there is no such thing, or if it exists already. */
  async #request(url: URL, init: RequestInit, bytesMax: number): Promise<Buffer | null> {
    let response: Response;
    let bytes: Buffer | null;
    try {
      response = await fetch(url, {
        ...init,
        headers: { ...this.#headers, ...(init.headers as Record<string, string> | undefined) }, // as given above
        redirect: 'error',
        signal: AbortSignal.timeout(MLFLOW_REQUEST_MS_MAX),
      });
      bytes = await readBounded(response.body ?? [], response.ok ? bytesMax : MLFLOW_JSON_BYTES_MAX);
    } catch (error) {
      const { cause = error } = error as { readonly cause?: unknown }; // fetch wraps what went wrong
      throw new MillraceError('REGISTRY_UNAVAILABLE', `MLflow does not answer: ${messageOf(cause)}`, {
        where: this.where,
        remedy: REMEDY,
        cause: error,
      });
    }
    if (response.ok) {
      if (bytes === null) throw this.#failed(`its response has more than ${bytesMax} bytes`);
      return bytes;
    }
    const text = bytes?.toString() ?? '';
    if (response.status === NOT_FOUND || MEANS_NULL.test(text)) return null;
    throw this.#failed(`it answers ${response.status}${messageIn(text)}`);
  }

  #failed(what: string): MillraceError {
    return new MillraceError('REGISTRY_FAILED', `MLflow refuses a request: ${what}`, {
      where: this.where,
      remedy: REMEDY,
    });
  }
}

/** Characters of a message of the server that an error shows. */
const SHOWN_LENGTH_MAX = 200;

function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value['message'] === 'string'
      ? `: ${value['message'].slice(0, SHOWN_LENGTH_MAX)}`
      : '';
  } catch {
    return '';
  }
}
