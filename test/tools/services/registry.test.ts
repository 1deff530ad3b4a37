import t from 'tap';
import { startRegistry } from '../../../tools/services/registry/server.ts';

t.setTimeout(120_000);

t.test("ids survive the registry's process", async (t) => {
  const registry = await startRegistry();
  t.teardown(() => registry.stop());
  const register = async (): Promise<unknown> => {
    const response = await fetch(`${registry.url}/subjects/kept-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: '"string"' }),
    });
    return response.json();
  };
  const { id } = (await register()) as { id: number };
  t.equal(registry.environment['MILLRACE_SCHEMA_REGISTRY_URL'], registry.url);
  await registry.kill('SIGTERM');
  await registry.restart();
  const found = await fetch(`${registry.url}/schemas/ids/${id}`);
  t.match(await found.json(), { schema: '"string"' });
  t.same(await register(), { id });
});
