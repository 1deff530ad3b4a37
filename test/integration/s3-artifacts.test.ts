// Artifacts in a store with the API of S3, on a real server: the contract, many parts, what damages them, and what it refuses.
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { open as openFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { S3Artifacts } from '../../src/adapters/artifacts/s3-artifacts.ts';
import { S3Session } from '../../src/adapters/artifacts/s3-session.ts';
import { S3_PART_BYTES } from '../../src/core/artifact-limits.ts';
import { sha256Of, sha256OfFile } from '../../src/core/model-content.ts';
import type { S3Access } from '../../src/ports/credentials.ts';
import { Artifacts } from '../../src/runtime/artifacts/artifacts.ts';
import { S3_KEYS, startS3 } from '../../tools/services/s3/server.ts';
import { artifactStoreContract, randomBytes, readArtifact } from '../contracts/artifact-store.ts';
import { makeCertificates } from '../support/certificates.ts';

const BUCKET = 'models';
const server = await startS3({ buckets: [BUCKET] });
t.teardown(() => server.stop());

function accessOf(more: Partial<S3Access> = {}): () => S3Access {
  const access: S3Access = {
    endpoint: server.url,
    region: null,
    isInPath: true,
    keys: S3_KEYS,
    tls: {},
    ...more,
  };
  return () => access;
}

function place(): { readonly bucket: string; readonly prefix: string } {
  return { bucket: BUCKET, prefix: `fleet/${randomUUID()}/` };
}

t.test('the contract', async (t) => {
  const shared = place();
  await artifactStoreContract(t, async () => new S3Artifacts(shared, accessOf()));
});

t.test('topologies that share a bucket do not see each other', async (t) => {
  const { bucket, prefix } = place();
  const [orders, other] = ['orders/', 'orders-2/'].map(
    (name) => new S3Artifacts({ bucket, prefix: prefix + name }, accessOf()),
  ) as [S3Artifacts, S3Artifacts];
  const model = randomBytes(10, 1);
  await orders.write(model, sha256Of(model));
  t.same(await other.list(), []);
  await other.remove([sha256Of(model)]);
  t.equal((await orders.list()).length, 1);
});

t.test('a model of 24 MiB goes in parts, and comes back as a verified file', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'model.onnx');
  const file = await openFile(path, 'w');
  const piece = randomBytes(1_048_576, 7);
  for (let i = 0; i < 24; i += 1) await file.writeFile(piece);
  await file.writeFile('and the end');
  await file.close();
  const content = { path, sha256: await sha256OfFile(path), bytes: 24 * 1_048_576 + 11, offset: -1 };
  const store = new S3Artifacts(place(), accessOf());
  const artifact = await new Artifacts(store, join(folder, 'writer')).put(content, content.sha256);
  const fetched = await new Artifacts(store, join(folder, 'reader')).fetch(artifact);
  t.equal(await sha256OfFile(fetched.path), content.sha256);
  let largest = 0;
  for await (const { bytes } of store.read(artifact)) largest = Math.max(largest, bytes.length);
  t.equal(largest, S3_PART_BYTES, 'no more than a part is in memory');
});

t.test('what was changed or cut in the store is not accepted, and writing it again repairs it', async (t) => {
  const { bucket, prefix } = place();
  const store = new S3Artifacts({ bucket, prefix }, accessOf());
  const artifacts = new Artifacts(store, join(t.testdir({}), 'artifacts'));
  const model = randomBytes(1_000_000, 3);
  const artifact = await artifacts.put(model);
  const object = join(server.objects, bucket, prefix, artifact.sha256);
  await writeFile(object, Buffer.alloc(model.length));
  await t.rejects(artifacts.fetch(artifact), { code: 'ARTIFACT_UNAVAILABLE', message: /it is damaged/ });
  await writeFile(object, model.subarray(0, 500_000));
  await t.rejects(artifacts.fetch(artifact), {
    code: 'ARTIFACT_UNAVAILABLE',
    message: /its first 500000 bytes/,
  });
  await writeFile(object, '');
  await t.rejects(artifacts.fetch(artifact), { code: 'ARTIFACT_UNAVAILABLE', message: /its first 0 bytes/ });
  await artifacts.put(model);
  t.ok((await readFile((await artifacts.fetch(artifact)).path)).equals(model));
});

t.test('an upload that ends early is no artifact, and goes with the next collection', async (t) => {
  const { bucket, prefix } = place();
  const store = new S3Artifacts({ bucket, prefix }, accessOf());
  const gone = {
    path: join(t.testdir({}), 'none'),
    sha256: 'ab'.repeat(32),
    bytes: 2 * S3_PART_BYTES,
    offset: -1,
  };
  await t.rejects(store.write(gone, gone.sha256), { code: 'CONFIG_INVALID' });
  t.same(await uploads(), [], 'a failed writer abandons its upload');
  const session = await S3Session.open(accessOf()(), 'test');
  const begun = new session.api.CreateMultipartUploadCommand({ Bucket: bucket, Key: prefix + gone.sha256 });
  await session.request('begin', (client) => client.send(begun)); // and the writer is killed
  session.close();
  t.same(await store.list(), []);
  t.same((await uploads()).length, 1);
  await store.removeUnfinished(Date.now() - 3_600_000);
  t.same((await uploads()).length, 1, 'it may be of a writer that is alive');
  await store.removeUnfinished(Date.now() + 60_000);
  t.same(await uploads(), []);

  async function uploads(): Promise<unknown[]> {
    const own = await S3Session.open(accessOf()(), 'test');
    const list = new own.api.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
    const { Uploads = [] } = await own.request('list', (client) => client.send(list));
    own.close();
    return Uploads;
  }
});

t.test('what the server refuses says what to do, at once', async (t) => {
  const model = randomBytes(10, 1);
  const write = (access: () => S3Access, bucket = BUCKET): Promise<unknown> =>
    new S3Artifacts({ bucket, prefix: '' }, access).write(model, sha256Of(model));
  await t.rejects(write(accessOf({ keys: { ...S3_KEYS, secretAccessKey: 'another' } })), {
    code: 'ARTIFACT_UNAVAILABLE',
    remedy: /Check the keys/,
  });
  await t.rejects(write(accessOf(), 'no-such-bucket'), {
    code: 'ARTIFACT_UNAVAILABLE',
    remedy: /Check the bucket/,
  });
  const absent = { sha256: 'cd'.repeat(32), bytes: 9, offset: -1 };
  const elsewhere = new S3Artifacts({ bucket: 'no-such-bucket', prefix: '' }, accessOf());
  await t.rejects(readArtifact(elsewhere, absent), {
    code: 'ARTIFACT_UNAVAILABLE',
    remedy: /Check the bucket/,
  });
});

/** A way to the server on which the first requests fail: cut off, answered with 503, and with half of an answer. */
async function roughRoad(t: Test): Promise<string> {
  const target = new URL(server.url);
  let requests = 0;
  const front = createServer((incoming, outgoing) => {
    requests += 1;
    const nth = requests;
    if (nth % 3 === 1) return void incoming.socket.destroy();
    if (nth % 3 === 2) return void outgoing.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    const { method, url: path, headers } = incoming;
    const to = { host: target.hostname, port: target.port, path, method, headers };
    const forwarded = request(to, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (nth === 12) answer.once('data', (piece: Buffer) => outgoing.write(piece, () => outgoing.destroy()));
      else answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.teardown(() => {
    front.closeAllConnections();
    front.close();
  });
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`; // as a server on TCP has
}

t.test('requests that fail for a moment are repeated, and only they', async (t) => {
  const endpoint = await roughRoad(t);
  const store = new S3Artifacts(place(), accessOf({ endpoint }));
  const model = randomBytes(S3_PART_BYTES + 1, 5);
  const artifact = await store.write(model, sha256Of(model)); // requests 3, 6, 9 and 12, whose answer is cut
  t.ok((await readArtifact(store, artifact)).equals(model));
});

t.test('over TLS, with the authority that the settings name', async (t) => {
  const folder = t.testdir({});
  const { ca, otherCa, server: pair } = makeCertificates(folder);
  const keystore = { path: join(folder, 'server.p12'), password: 'changeit' };
  const files = ['-in', pair.certificate, '-inkey', pair.key, '-out', keystore.path];
  execFileSync('openssl', ['pkcs12', '-export', ...files, '-passout', `pass:${keystore.password}`]);
  const secure = await startS3({ buckets: [BUCKET], keystore });
  t.teardown(() => secure.stop());
  const model = randomBytes(S3_PART_BYTES + 9, 4);
  const over = async (authority: string): Promise<S3Artifacts> =>
    new S3Artifacts(
      { bucket: BUCKET, prefix: '' },
      accessOf({ endpoint: secure.url, tls: { ca: await readFile(authority, 'utf8') } }),
    );
  const store = await over(ca);
  t.ok((await readArtifact(store, await store.write(model, sha256Of(model)))).equals(model));
  await t.rejects((await over(otherCa)).list(), {
    code: 'ARTIFACT_UNAVAILABLE',
    remedy: /MILLRACE_S3_CA_FILE/,
  });
});
