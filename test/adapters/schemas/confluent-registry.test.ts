// The client of a registry server: the contract against the three requests that are made of one, and its failures.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { ConfluentRegistry, importClient } from '../../../src/adapters/schemas/confluent-registry.ts';
import { schemaRegistryContract } from '../../contracts/schema-registry.ts';

interface Stored {
  readonly subject: string;
  readonly schema: string;
  readonly schemaType: string;
}

/** POST /subjects/S/versions, POST /subjects/S, GET /schemas/ids/N, as the registry's documentation has them. */
class FakeRegistry {
  readonly #stored: Stored[] = [];
  authorization: string | undefined;
  /** Requests that another process is ahead of. */
  conflicts = 0;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.authorization = request.headers.authorization;
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = (request.url ?? '').replace(/\?.*/, '').split('/').map(decodeURIComponent);
    if (path[1] === 'schemas') {
      const found = this.#stored[Number(path[3]) - 1];
      if (found === undefined) return reply(404, { error_code: 40_403, message: 'Schema not found' });
      return reply(200, { schema: found.schema, schemaType: found.schemaType });
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { schema, schemaType = 'AVRO' } = JSON.parse(text) as Partial<Stored> & { schema: string };
    const subject = path[2] ?? '';
    if (schema === 'refused') return reply(409, { error_code: 409, message: 'incompatible' });
    if (this.conflicts > 0) {
      this.conflicts -= 1;
      this.#stored.push({ subject, schema, schemaType });
      return reply(409, { error_code: 409, message: 'already exists' });
    }
    const same = (stored: Stored): boolean => stored.subject === subject && stored.schema === schema;
    let id = this.#stored.findIndex(same) + 1;
    if (id === 0 && path[3] !== 'versions') return reply(404, { error_code: 40_403, message: 'not found' });
    if (id === 0) id = this.#stored.push({ subject, schema, schemaType });
    return reply(200, { id, subject, version: 1, schema, schemaType });
  }
}

async function serve(registry: FakeRegistry): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => void registry.answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

schemaRegistryContract('server', async () => {
  const { url } = await serve(new FakeRegistry());
  return { client: await ConfluentRegistry.open({ url }), again: () => ConfluentRegistry.open({ url }) };
});

t.test('a refused schema names the subject and what to change', async (t) => {
  const { url } = await serve(new FakeRegistry());
  const client = await ConfluentRegistry.open({ url });
  const refused = client.register('a-value', { language: 'AVRO', text: 'refused' });
  await t.rejects(refused, { code: 'SCHEMA_INVALID', where: `a-value at ${url}` });
});

t.test('a schema that another process registers at the same moment has its id', async (t) => {
  const registry = new FakeRegistry();
  registry.conflicts = 1;
  const { url } = await serve(registry);
  const client = await ConfluentRegistry.open({ url });
  t.equal(await client.register('a-value', { language: 'AVRO', text: '"string"' }), 1);
});

t.test('user name and password are sent', async (t) => {
  const registry = new FakeRegistry();
  const { url } = await serve(registry);
  const client = await ConfluentRegistry.open({
    url,
    access: () => ({ url, user: { username: 'u', password: 'p' }, tls: {} }),
  });
  await client.schemasOf([1]);
  t.equal(registry.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
});

t.test('without the client the message says how to install it', async (t) => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  await t.rejects(
    importClient(() => Promise.reject(missing)),
    {
      code: 'CONFIG_INVALID',
      where: 'MILLRACE_SCHEMA_REGISTRY_URL',
      remedy: 'Install it beside millrace: npm install @confluentinc/schemaregistry.',
    },
  );
  const broken = new SyntaxError('a broken file');
  await t.rejects(
    importClient(() => Promise.reject(broken)),
    broken,
  );
});
