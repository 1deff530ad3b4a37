// A schema registry of Confluent's interface that can fail and lie, a folder of its own for each world. What it registered in
// truth stays known to the oracle.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegisteredSchema } from './oracle/decode.ts';

/** What a request meets: nothing special, a closed connection, an error of the server, or bytes that are no JSON. */
export type Outage = 'none' | 'refused' | 'error' | 'garbage';

interface Registration {
  readonly subject: string;
  readonly id: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const notFound = (code: number): Answer => ({
  status: 404,
  body: { error_code: code, message: 'not found' },
});

export class WorldRegistry {
  readonly schemas: Map<number, RegisteredSchema> = new Map();
  readonly #subjects: Registration[] = [];
  #nextId: number;
  outage: Outage = 'none';

  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  /** Registers a schema, whatever it is, and returns its id. */
  add(subject: string, text: string, type = 'AVRO', refusal?: number): number {
    const same = [...this.schemas].find(
      ([, schema]) => schema.text === text && schema.type === type && schema.refusal === refusal,
    );
    const id = same?.[0] ?? this.#nextId++;
    this.schemas.set(id, { type, text, ...(refusal === undefined ? {} : { refusal }) });
    if (!this.#subjects.some((entry) => entry.id === id && entry.subject === subject))
      this.#subjects.push({ subject, id });
    return id;
  }

  answer(method: string, path: readonly string[], body: string): Answer {
    const [kind, name = '', rest, version] = path;
    if (kind === 'schemas' && name === 'ids') return this.#byId(Number(rest), version);
    if (kind !== 'subjects') return notFound(404);
    if (method === 'GET') return this.#versions(decodeURIComponent(name), version);
    const { schema, schemaType = 'AVRO' } = JSON.parse(body) as { schema: string; schemaType?: string };
    const subject = decodeURIComponent(name);
    if (rest === 'versions')
      return { status: 200, body: { id: this.add(subject, schema, schemaType), version: 1 } };
    const found = this.#subjects.find(
      (entry) => entry.subject === subject && this.schemas.get(entry.id)?.text === schema,
    );
    return found === undefined
      ? notFound(40_403)
      : { status: 200, body: { subject, id: found.id, version: 1, schema } };
  }

  #byId(id: number, rest: string | undefined): Answer {
    const schema = this.schemas.get(id);
    if (schema === undefined) return notFound(40_403);
    if (schema.refusal !== undefined)
      return { status: schema.refusal, body: { error_code: schema.refusal, message: 'refused' } };
    const subjects = this.#subjects.filter((entry) => entry.id === id).map(({ subject }) => subject);
    if (rest === 'subjects') return { status: 200, body: subjects };
    if (rest === 'versions')
      return { status: 200, body: subjects.map((subject) => ({ subject, version: 1 })) };
    const type = schema.type === 'AVRO' ? {} : { schemaType: schema.type };
    return { status: 200, body: { schema: schema.text, ...type } };
  }

  #versions(subject: string, version: string | undefined): Answer {
    const all = this.#subjects.filter((entry) => entry.subject === subject);
    const last = all.at(-1);
    if (last === undefined) return notFound(40_401);
    if (version === undefined) return { status: 200, body: all.map((_, i) => i + 1) };
    const schema = this.schemas.get(last.id)?.text;
    return { status: 200, body: { subject, id: last.id, version: all.length, schema } };
  }
}

export class RegistryServer {
  readonly #server: Server;
  readonly #worlds = new Map<string, WorldRegistry>();
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#handle(request, response);
    });
  }

  static async start(): Promise<RegistryServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RegistryServer(server);
  }

  /** Opens the registry of a world, at `<url>/<name>`. */
  open(name: string, firstId: number): WorldRegistry {
    const registry = new WorldRegistry(firstId);
    this.#worlds.set(name, registry);
    return registry;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const [world = '', ...path] = (request.url ?? '').split('?')[0]?.split('/').slice(1) ?? [];
    const registry = this.#worlds.get(world);
    const outage = registry?.outage ?? 'none';
    if (outage === 'refused') return void request.socket.destroy();
    response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
    if (outage === 'garbage') return void response.writeHead(200).end('<html>gateway</html>');
    if (outage === 'error') {
      const text = JSON.stringify({ error_code: 50_001, message: 'the store is down' });
      return void response.writeHead(500).end(text);
    }
    const answer = registry?.answer(request.method ?? 'GET', path, body) ?? notFound(404);
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
