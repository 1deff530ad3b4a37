/** A real server with the API of S3 on 127.0.0.1, which keeps objects in a folder: S3Proxy. Control path. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { javaFor } from '../java.ts';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service, type ServiceOptions } from '../service.ts';
import { s3ProxyJar } from './distribution.ts';

export const S3_KEYS: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId: 'millrace-access-key',
  secretAccessKey: 'millrace-secret-of-s3',
};

export interface S3Service extends Service {
  /** http:// or https:// and 127.0.0.1 with the port. */
  readonly url: string;
  /** Each bucket is a folder of it, and each object a file. */
  readonly objects: string;
}

export interface S3Options extends ServiceOptions {
  /** Names of buckets that are there from the start. */
  readonly buckets: readonly string[];
  /** PKCS #12 with the server's certificate and key: it then speaks TLS alone. */
  readonly keystore?: { readonly path: string; readonly password: string };
}

/** A small heap, and no second compiler: it is up in a few seconds. */
const JVM_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];

/** It listens once it is ready. TLS is not checked: its authority is the test's. */
async function checkS3(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** Starts a server and waits until it answers; fetches its jar on the first call. */
export async function startS3(options: S3Options): Promise<S3Service> {
  const java = javaFor('the server of S3');
  const jar = s3ProxyJar();
  const port = options.port ?? (await pickPort());
  const { dataDir, scratch } = prepareDataDir('s3', options.dataDir);
  const objects = join(dataDir, 'objects');
  for (const bucket of options.buckets) mkdirSync(join(objects, bucket), { recursive: true });
  const { keystore } = options;
  const url = `${keystore === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const properties = {
    [keystore === undefined ? 's3proxy.endpoint' : 's3proxy.secure-endpoint']: url,
    's3proxy.authorization': 'aws-v4',
    's3proxy.identity': S3_KEYS.accessKeyId,
    's3proxy.credential': S3_KEYS.secretAccessKey,
    ...(keystore === undefined
      ? {}
      : { 's3proxy.keystore-path': keystore.path, 's3proxy.keystore-password': keystore.password }),
    'jclouds.provider': 'filesystem-nio2',
    'jclouds.filesystem.basedir': objects,
  };
  const configuration = join(dataDir, 's3proxy.properties');
  writeFileSync(
    configuration,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const service = await startService({
    name: 's3',
    port,
    dataDir,
    scratch,
    environment: {
      MILLRACE_S3_ENDPOINT: url,
      MILLRACE_S3_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      MILLRACE_S3_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    },
    command: java,
    args: [...JVM_FLAGS, '-jar', jar, '--properties', configuration],
    check: () => checkS3(port),
    onUnexpectedEnd: options.onUnexpectedEnd,
  });
  return Object.assign(service, { url, objects });
}
