// The certificate of the port (control path): read from files, and again when they change, so that it is renewed without
// a restart.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { TLS_FILES_CHECK_MS } from '../../core/port-limits.ts';
import { keepSecret } from '../../core/secrets.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TlsMaterial, TlsSource } from '../../ports/web-server.ts';
import type { Config } from '../settings/config.ts';

export type TlsSettings = Pick<Config, 'tlsCertificateFile' | 'tlsKeyFile' | 'tlsClientCaFile'>;

/**
 * Null if no certificate is set.
 * @param checkMs how often the files are read
 * @throws MillraceError CONFIG_INVALID if a file is missing, or is no certificate or key
 */
export async function openTlsFiles(
  settings: TlsSettings,
  telemetry: Pick<Telemetry, 'info' | 'warn'>,
  checkMs: number = TLS_FILES_CHECK_MS,
): Promise<TlsSource | null> {
  const { tlsCertificateFile, tlsKeyFile, tlsClientCaFile } = settings;
  if (tlsCertificateFile === null && tlsKeyFile === null && tlsClientCaFile === null) return null;
  if (tlsCertificateFile === null || tlsKeyFile === null)
    throw new MillraceError('CONFIG_INVALID', 'TLS needs a certificate and its key', {
      where: tlsCertificateFile === null ? 'MILLRACE_TLS_CERTIFICATE_FILE' : 'MILLRACE_TLS_KEY_FILE',
      remedy: 'Set MILLRACE_TLS_CERTIFICATE_FILE and MILLRACE_TLS_KEY_FILE.',
    });
  const read = (former: TlsMaterial | null): Promise<TlsMaterial> =>
    readMaterial(tlsCertificateFile, tlsKeyFile, tlsClientCaFile, former);
  let current = await read(null);
  return {
    current: () => current,
    follow(changed) {
      let reported = '';
      const check = async (): Promise<void> => {
        try {
          const next = await read(current);
          reported = '';
          if (next === current) return;
          current = next;
          changed(next);
          telemetry.info('the port has a new certificate', { file: tlsCertificateFile });
        } catch (error) {
          // The pair may be half written: the former one stays in use.
          const why = messageOf(error);
          if (why !== reported) telemetry.warn('the new certificate of the port cannot be used', { why });
          reported = why;
        }
      };
      const timer = setInterval(() => void check(), checkMs).unref();
      return () => clearInterval(timer);
    },
  };
}

/** @param former returned if the files are still the same: it has been checked */
async function readMaterial(
  certificateFile: string,
  keyFile: string,
  caFile: string | null,
  former: TlsMaterial | null,
): Promise<TlsMaterial> {
  try {
    const [cert, key, clientCa] = await Promise.all([
      readFile(certificateFile, 'utf8'),
      readFile(keyFile, 'utf8'),
      caFile === null ? null : readFile(caFile, 'utf8'),
    ]);
    const read = { cert, key, clientCa };
    if (former !== null && isSame(read, former)) return former;
    // These throw for something else, a key that does not fit included. A file that is being written is empty for a moment,
    // which a context takes for one that is not given: so both are read by themselves first.
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      throw new Error('the key is not that of the certificate');
    const ca = clientCa === null ? {} : { ca: new X509Certificate(clientCa).toString() };
    createSecureContext({ cert, key, ...ca });
    keepSecret(key, keyFile);
    return read;
  } catch (cause) {
    throw new MillraceError(
      'CONFIG_INVALID',
      `the certificate of the port cannot be used: ${messageOf(cause)}`,
      {
        where: certificateFile,
        remedy: 'Give a certificate chain and its key in PEM, readable by the process.',
        cause,
      },
    );
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}
