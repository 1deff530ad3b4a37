// The keys that models are signed and verified with, from the settings (control path): PEM as text or in files.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { readSecretFile } from '../../core/secret-file.ts';
import { ModelKeys } from '../../runtime/models/model-keys.ts';
import type { Config } from '../settings/config.ts';

const BLOCK = /-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g;
const BEGIN = '-----BEGIN ';

/** Line breaks that an environment file wrote as `\n`. */
function pemOf(text: string): string {
  return text.replaceAll(String.raw`\n`, '\n');
}

function invalid(setting: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('CONFIG_INVALID', what, {
    where: setting,
    remedy: 'Create a pair of keys: millrace models keygen.',
    cause,
  });
}

function ed25519(key: KeyObject, setting: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw invalid(setting, `a key is of type ${key.asymmetricKeyType}, not Ed25519`);
}

/** @param given a path, or PEM; a file may have several keys */
function publicKeys(given: string): KeyObject[] {
  const setting = 'MILLRACE_MODEL_KEYS';
  const isText = given.startsWith(BEGIN);
  try {
    const blocks = pemOf(isText ? given : readSecretFile(given)).match(BLOCK) ?? [];
    if (blocks.length === 0) throw invalid(setting, `there is no PEM in ${isText ? 'it' : given}`);
    return blocks.map((block) => {
      // Node derives the public key of a private one, which does not belong on an engine that only verifies.
      if (block.includes('PRIVATE')) throw invalid(setting, 'it names a private key');
      return ed25519(createPublicKey(block), setting);
    });
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw invalid(setting, `a public key cannot be read: ${messageOf(cause)}`, cause);
  }
}

function privateKey(pem: string): KeyObject {
  const setting = 'MILLRACE_MODEL_SIGNING_KEY';
  try {
    return ed25519(createPrivateKey(pemOf(pem)), setting);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    // The cause may quote the text.
    throw invalid(setting, 'it is no private key in PEM');
  }
}

/** @throws CONFIG_INVALID */
export function openModelKeys({
  modelKeys,
  modelSigningKey,
}: Pick<Config, 'modelKeys' | 'modelSigningKey'>): ModelKeys {
  const trusted = (modelKeys ?? []).flatMap(publicKeys);
  return new ModelKeys(trusted, modelSigningKey === null ? null : privateKey(modelSigningKey));
}
