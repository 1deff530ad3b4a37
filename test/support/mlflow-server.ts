// A small server that answers as MLflow 3.17 does, as far as the adapter asks (for tests). `npm run test:mlflow` runs the same
// suite on a real one.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Entry = { readonly key: string; readonly value: string | number };

interface Version {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly run_id: string;
  readonly tags: readonly Entry[];
}

interface Run {
  readonly metrics: Entry[];
  readonly params: Entry[];
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const API = '/api/2.0/mlflow/';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

export class RecordedMlflow {
  readonly files: Map<string, Buffer> = new Map();
  readonly authorizations: Set<string | undefined> = new Set();
  readonly #experiments = new Map<string, string>();
  readonly #runs = new Map<string, Run>();
  readonly #versions = new Map<string, Version[]>();
  readonly #aliases = new Map<string, string>();
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request)
      .then((body) => response.end(body))
      .catch((error: unknown) => {
        response.statusCode = error instanceof Refusal ? error.status : 500;
        const code = error instanceof Refusal ? error.code : 'INTERNAL_ERROR';
        response.end(JSON.stringify({ error_code: code, message: String(error) }));
      });
  });

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage): Promise<Buffer | string> {
    this.authorizations.add(request.headers.authorization);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (pathname === ARTIFACTS) return JSON.stringify({ files: this.#list(searchParams.get('path') ?? '') });
    if (pathname.startsWith(`${ARTIFACTS}/`)) {
      const path = decodeURIComponent(pathname.slice(ARTIFACTS.length + 1));
      if (request.method !== 'PUT') return this.files.get(path) ?? unknown();
      this.files.set(path, body);
      return '{}';
    }
    const given: unknown =
      request.method === 'POST' ? JSON.parse(body.toString()) : Object.fromEntries(searchParams);
    return JSON.stringify(this.#call(pathname.slice(API.length), given as Record<string, never>));
  }

  #list(folder: string): unknown[] {
    return [...this.files].flatMap(([path, { length }]) =>
      path.startsWith(`${folder}/`)
        ? [{ path: path.slice(folder.length + 1), is_dir: false, file_size: length }]
        : [],
    );
  }

  #call(path: string, given: Record<string, never>): object {
    const {
      name,
      version,
      alias,
      run_id: run,
      experiment_name: experiment,
    } = given as Record<string, string>;
    const own = this.#versions.get(name ?? '');
    switch (path) {
      case 'experiments/get-by-name': {
        const id = this.#experiments.get(experiment ?? '');
        return id === undefined ? unknown() : { experiment: { experiment_id: id } };
      }
      case 'experiments/create':
        this.#experiments.set(name ?? '', String(this.#experiments.size + 1));
        return { experiment_id: String(this.#experiments.size) };
      case 'runs/create': {
        const id = `run${this.#runs.size}`;
        this.#runs.set(id, { metrics: [], params: [] });
        return { run: { info: { run_id: id, artifact_uri: `mlflow-artifacts:/1/${id}/artifacts` } } };
      }
      case 'runs/log-batch': {
        const { metrics, params } = given as unknown as Run;
        const known = this.#runs.get(run ?? '');
        for (const metric of metrics) known?.metrics.push(metric);
        for (const param of params) known?.params.push(param);
        return {};
      }
      case 'runs/update':
        return { run_info: { run_id: run } };
      case 'runs/get':
        return { run: { info: { run_id: run }, data: this.#runs.get(run ?? '') ?? unknown() } };
      case 'registered-models/create':
        if (own !== undefined) throw new Refusal(400, 'RESOURCE_ALREADY_EXISTS');
        this.#versions.set(name ?? '', []);
        return { registered_model: { name } };
      case 'registered-models/alias':
        if (version !== undefined) {
          this.#aliases.set(`${name}@${alias}`, version);
          return {};
        }
        if (!this.#aliases.has(`${name}@${alias}`))
          throw new Refusal(400, `Registered model alias ${alias} not found.`);
        return { model_version: this.#shown(own, this.#aliases.get(`${name}@${alias}`)) };
      case 'model-versions/create': {
        if (own === undefined) return unknown();
        own.push({ ...(given as unknown as Version), version: String(own.length + 1) });
        return { model_version: this.#shown(own, String(own.length)) };
      }
      case 'model-versions/get':
        return { model_version: this.#shown(own, version) };
      case 'model-versions/get-download-uri':
        return { artifact_uri: this.#shown(own, version).source };
      default:
        return unknown();
    }
  }

  #shown(own: readonly Version[] | undefined, number: string | undefined): Version & { aliases: string[] } {
    const found = own?.find(({ version }) => version === number) ?? unknown();
    const aliases = [...this.#aliases].filter(([, version]) => version === number);
    return { ...found, aliases: aliases.map(([alias]) => alias.replace(/^.*@/, '')) };
  }
}

function unknown(): never {
  throw new Refusal(404, 'RESOURCE_DOES_NOT_EXIST');
}
