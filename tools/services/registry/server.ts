/** A real schema registry on 127.0.0.1, which Confluent's clients talk to: Apicurio Registry. Control path. */
import { join } from 'node:path';
import { javaFor } from '../java.ts';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service, type ServiceOptions } from '../service.ts';
import { registryJar } from './distribution.ts';

export interface RegistryService extends Service {
  /** The base of Confluent's API. */
  readonly url: string;
}

/** A small heap, and no second compiler: it is up in a few seconds. */
const JVM_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
const CHECK_MS_MAX = 5_000;

async function checkRegistry(url: string): Promise<void> {
  const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(CHECK_MS_MAX) });
  if (!response.ok) throw new Error(`the schema registry answers ${response.status}`);
}

/** Starts a registry and waits until it answers; fetches its jars on the first call. */
export async function startRegistry(options: ServiceOptions = {}): Promise<RegistryService> {
  const java = javaFor('the schema registry');
  const jar = registryJar();
  const port = options.port ?? (await pickPort());
  const { dataDir, scratch } = prepareDataDir('registry', options.dataDir);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  // In a file, so that ids outlive the process, as the records in Kafka do that name them.
  const database = `jdbc:h2:file:${join(dataDir, 'registry')}`;
  const service = await startService({
    name: 'registry',
    port,
    dataDir,
    scratch,
    environment: { MILLRACE_SCHEMA_REGISTRY_URL: url },
    command: java,
    args: [
      ...JVM_FLAGS,
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      `-Dquarkus.datasource.jdbc.url=${database}`,
      '-Dquarkus.oidc.tenant-enabled=false',
      '-jar',
      jar,
    ],
    check: () => checkRegistry(url),
    onUnexpectedEnd: options.onUnexpectedEnd,
  });
  return Object.assign(service, { url });
}
