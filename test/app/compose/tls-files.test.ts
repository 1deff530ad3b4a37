// TLS on the port: its own certificate, a renewal without a restart, and certificates of clients.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { exampleStart } from '../../e2e/example-run.ts';
import { openTlsFiles, type TlsSettings } from '../../../src/app/compose/tls-files.ts';
import { chooseWebServer } from '../../../src/app/compose/web-server.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const folder = t.testdir();

function certificate(name: string): { readonly cert: string; readonly key: string } {
  const pair = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-days', '2', ...curve, ...subject, '-keyout', pair.key, '-out', pair.cert],
    {
      stdio: 'ignore',
    },
  );
  return pair;
}

const first = certificate('first');
const second = certificate('second');
const client = certificate('client');

async function serve(
  t: Test,
  settings: Partial<TlsSettings>,
): Promise<{ port: number; telemetry: RecordingTelemetry }> {
  const telemetry = new RecordingTelemetry();
  const files = { tlsCertificateFile: null, tlsKeyFile: null, tlsClientCaFile: null, ...settings };
  const tls = await openTlsFiles(files, telemetry, 20);
  const openWebServer = await chooseWebServer(telemetry, tls !== null);
  const { serving } = await openExampleServing({ state: () => exampleStart(0), tls, openWebServer });
  t.teardown(() => serving.close(100));
  t.match(serving.url, /^https:/);
  return { port: serving.port, telemetry };
}

/** The status, or the code of the error. */
function get(
  port: number,
  options: RequestOptions,
): Promise<{ status: number | string; hsts?: string | undefined }> {
  return new Promise((resolve) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/livez', agent: false, ...options },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, hsts: response.headers['strict-transport-security'] });
      },
    );
    sent.once('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? 'error' }));
    sent.end();
  });
}

function nameServed(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

await t.test('HTTPS, WebSockets and a renewed certificate', async (t) => {
  const files = { tlsCertificateFile: join(folder, 'port.crt'), tlsKeyFile: join(folder, 'port.key') };
  copyFileSync(first.cert, files.tlsCertificateFile);
  copyFileSync(first.key, files.tlsKeyFile);
  const { port, telemetry } = await serve(t, files);
  const ca = readFileSync(first.cert);
  const answer = await get(port, { ca });
  t.equal(answer.status, 200);
  t.match(answer.hsts, /max-age=\d+/);
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws?topology=flights`, {
    ca,
    origin: `https://127.0.0.1:${port}`,
  });
  const [frame] = await new Promise<[Buffer]>((resolve) =>
    socket.once('message', (data: Buffer) => resolve([data])),
  );
  t.match(frame.toString(), 'subscribed');
  t.equal(await nameServed(port), 'first');
  writeFileSync(files.tlsCertificateFile, readFileSync(second.cert)); // the key does not fit yet
  for (let i = 0; telemetry.lines.length === 0 && i < 500; i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.match(telemetry.lines, ['the new certificate of the port cannot be used'], 'once');
  t.equal(await nameServed(port), 'first', 'the former one stays in use');
  for (const file of [files.tlsCertificateFile, files.tlsKeyFile]) {
    const whole = readFileSync(file);
    const lines = telemetry.lines.length;
    writeFileSync(file, ''); // as a file is in the moment in which it is written again
    for (let i = 0; telemetry.lines.length === lines && i < 500; i++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    t.equal(telemetry.lines.at(-1), 'the new certificate of the port cannot be used', `${file} is empty`);
    t.equal(await nameServed(port), 'first', 'the former one stays in use');
    writeFileSync(file, whole);
  }
  writeFileSync(files.tlsKeyFile, readFileSync(second.key));
  let name = '';
  for (let i = 0; name !== 'second' && i < 500; i++) {
    name = await nameServed(port);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.equal(name, 'second');
  t.equal(socket.readyState, socket.OPEN, 'connections stay');
  socket.terminate();
});

await t.test('clients with a certificate', async (t) => {
  const { port } = await serve(t, {
    tlsCertificateFile: first.cert,
    tlsKeyFile: first.key,
    tlsClientCaFile: client.cert,
  });
  const ca = readFileSync(first.cert);
  const pair = ({ cert, key }: typeof first): RequestOptions => ({
    ca,
    cert: readFileSync(cert),
    key: readFileSync(key),
  });
  t.equal((await get(port, pair(client))).status, 200);
  t.type((await get(port, { ca })).status, 'string', 'not without a certificate');
  t.type((await get(port, pair(second))).status, 'string', 'not with that of another authority');
});

await t.test('files that do not fit', async (t) => {
  const telemetry = new RecordingTelemetry();
  const none = { tlsCertificateFile: null, tlsKeyFile: null, tlsClientCaFile: null };
  t.equal(await openTlsFiles(none, telemetry), null);
  for (const wrong of [
    { tlsCertificateFile: first.cert },
    { tlsKeyFile: first.key },
    { tlsCertificateFile: first.cert, tlsKeyFile: second.key },
    { tlsCertificateFile: first.cert, tlsKeyFile: join(folder, 'missing') },
    { tlsCertificateFile: first.cert, tlsKeyFile: first.key, tlsClientCaFile: first.key },
  ])
    await t.rejects(
      openTlsFiles({ ...none, ...wrong }, telemetry),
      { code: 'CONFIG_INVALID' },
      JSON.stringify(wrong).length > 0 ? 'refused' : '',
    );
});
