// The keys for sensitive columns, from the settings (control path).
import { pathToFileURL } from 'node:url';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { KMS_WAIT_MS_MAX } from '../../core/key-limits.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import { within } from '../../resilience/within.ts';
import { FileKeys, keysOf } from '../../runtime/personal/file-keys.ts';
import { KeyedHash } from '../../runtime/personal/keyed-hash.ts';
import type { PersonalKeys } from '../../runtime/personal/protection.ts';
import type { Topology } from '../../topology/define.ts';
import type { Config } from '../settings/config.ts';
import { encryptionKey, hashKey, kmsModule } from '../settings/personal.ts';

type KeySettings = Pick<Config, 'hashKey' | 'encryptionKey' | 'kmsModule'>;

/** @throws CONFIG_INVALID if a key that the topology's source needs is missing or malformed */
export async function openPersonalKeys(topology: Topology, config: KeySettings): Promise<PersonalKeys> {
  return { hash: openHash(topology, config), wrapper: await openWrapper(topology.name, config) };
}

function missing(topology: string, what: string, remedy: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', `its source has sensitive columns, and ${what}`, {
    where: `topology ${topology}`,
    remedy,
  });
}

/** Null if the source hashes no column. @throws CONFIG_INVALID */
function openHash({ name, source }: Topology, { hashKey: text }: KeySettings): KeyedHash | null {
  if (!Object.values(source.sensitive ?? {}).includes('hash')) return null;
  if (text === null)
    throw missing(name, `${hashKey.name} is not set`, 'Set it to a key: openssl rand -base64 32.');
  const [key, ...others] = keysOf(text, hashKey.name);
  if (key !== undefined && others.length === 0) return new KeyedHash(key);
  throw new MillraceError('CONFIG_INVALID', 'there is more than one key', {
    where: hashKey.name,
    remedy: 'Give the one that hashes: those of a former key cannot be found again.',
  });
}

/** @throws CONFIG_INVALID if neither a key nor a module is set, or both are */
export async function openWrapper(topology: string, config: KeySettings): Promise<KeyWrapper> {
  const { encryptionKey: text, kmsModule: file } = config;
  const names = `${encryptionKey.name} or ${kmsModule.name}`;
  if (text !== null && file !== null)
    throw missing(topology, `both ${encryptionKey.name} and ${kmsModule.name} are set`, `Set ${names}.`);
  if (file !== null) return openKms(file);
  if (text === null) throw missing(topology, `its records cannot be encrypted`, `Set ${names}.`);
  const [first, ...others] = keysOf(text, encryptionKey.name);
  return new FileKeys([first as Buffer, ...others]); // keysOf returns at least one
}

/** What a module of a key-management service exports. */
interface KmsModule {
  readonly keyId?: unknown;
  readonly wrap: (key: Uint8Array, context: string) => unknown;
  readonly unwrap: (wrapped: Uint8Array, context: string) => unknown;
}

function isKms(loaded: object): loaded is KmsModule {
  return (
    'wrap' in loaded &&
    typeof loaded.wrap === 'function' &&
    'unwrap' in loaded &&
    typeof loaded.unwrap === 'function'
  );
}

async function openKms(file: string): Promise<KeyWrapper> {
  const where = `${kmsModule.name}, ${file}`;
  let loaded: object;
  try {
    loaded = (await import(pathToFileURL(file).href)) as object; // a module: checked next
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `the module cannot be loaded: ${messageOf(cause)}`, {
      where,
      cause,
    });
  }
  if (!isKms(loaded))
    throw new MillraceError('CONFIG_INVALID', 'the module does not export wrap and unwrap', {
      where,
      remedy: 'Export two functions from bytes to bytes: wrap(key) and unwrap(wrapped).',
    });
  const { wrap, unwrap, keyId } = loaded;
  return {
    id: typeof keyId === 'string' ? `kms ${keyId}` : 'kms',
    wrap: (key, context) => called(() => wrap(key, context), 'wrap', where),
    unwrap: (wrapped, _id, context) => called(() => unwrap(wrapped, context), 'unwrap', where),
  };
}

/** @throws KEYS_UNAVAILABLE: whatever the module throws may pass */
async function called(call: () => unknown, name: string, where: string): Promise<Buffer> {
  try {
    const bytes = await within(KMS_WAIT_MS_MAX, Promise.resolve().then(call));
    if (bytes instanceof Uint8Array) return Buffer.from(bytes);
    throw new Error('it returned no bytes');
  } catch (cause) {
    const what = `the key-management service did not ${name} a key: ${messageOf(cause)}`;
    throw new MillraceError('KEYS_UNAVAILABLE', what, { where, cause });
  }
}
