/** Certificates for tests, made by openssl: an authority, what it signs for 127.0.0.1 and localhost, and another authority. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PASSPHRASE = 'canary-of-the-key';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: { readonly certificate: string; readonly key: string };
  /** Its key is encrypted with PASSPHRASE. */
  readonly client: { readonly certificate: string; readonly key: string };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

function authority(folder: string, name: string): string {
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    key,
    '-out',
    certificate,
  );
  return certificate;
}

function signed(
  folder: string,
  name: string,
  encryption: readonly string[],
): { certificate: string; key: string } {
  const path = (extension: string): string => join(folder, `${name}.${extension}`);
  const key = path('key');
  const certificate = path('pem');
  openssl('req', ...KEY, ...encryption, '-subj', `/CN=${name}`, '-keyout', key, '-out', path('csr'));
  writeFileSync(path('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const by = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    path('csr'),
    ...by,
    '-days',
    '2',
    '-extfile',
    path('ext'),
    '-out',
    certificate,
  );
  return { certificate, key };
}

export function makeCertificates(folder: string): Certificates {
  return {
    ca: authority(folder, 'ca'),
    otherCa: authority(folder, 'other'),
    server: signed(folder, 'server', ['-nodes']),
    client: signed(folder, 'client', ['-passout', `pass:${PASSPHRASE}`]),
  };
}
