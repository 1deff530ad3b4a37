// What is read of a service's credentials, and what stays in use while it cannot be read.
import t from 'tap';
import { serverAccess } from '../../../src/app/compose/credentials.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

t.test('certificates are read when they are asked for, and each part stays what it was', async (t) => {
  const url = 'https://u:p-one@h';
  let reads = 0;
  let failure: Error | null = null;
  const config = readConfig({ MILLRACE_CLICKHOUSE_URL: url });
  const tls = (): { readonly ca: string } => {
    reads += 1;
    if (failure !== null) throw failure;
    return { ca: `authority ${reads}` };
  };
  const telemetry = new RecordingTelemetry();
  const access = serverAccess(
    { ...config, current: { ...config.current, tls } },
    'clickhouse',
    url,
    telemetry,
  );
  t.match(access(), { url, user: null });
  for (let i = 0; i < 10; i++) t.equal(access().url, url);
  t.equal(reads, 1, 'at start, and not for a request');
  t.equal(access().tls.ca, 'authority 2');
  failure = new Error('MILLRACE_CLICKHOUSE_CA_FILE: gone');
  t.equal(access().tls.ca, 'authority 2', 'the last one that could be read');
  t.match(telemetry.conditions.get('credentials_unreadable TLS of clickhouse'), /gone/);
  t.notOk(telemetry.conditions.get('credentials_unreadable clickhouse'));
});
