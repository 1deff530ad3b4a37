// Settings of the keys for sensitive columns (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

export const hashKey: Setting<string | null> = engineSetting('MILLRACE_HASH_KEY', {
  kind: 'text',
  secret: true,
  description:
    'Key of the columns that a source hashes: 32 bytes in base64 or hexadecimal digits. With another key a value has another hash, so its features start from nothing.',
});

export const encryptionKey: Setting<string | null> = engineSetting('MILLRACE_ENCRYPTION_KEY', {
  kind: 'text',
  secret: true,
  description:
    'Key-encryption key of sources with sensitive columns: 32 bytes in base64 or hexadecimal digits. Of several, separated by spaces, the first is used, and what the others wrapped can be read.',
});

export const kmsModule: Setting<string | null> = engineSetting('MILLRACE_KMS_MODULE', {
  kind: 'path',
  description:
    'A module that exports `wrap(key)` and `unwrap(wrapped)`, both from bytes to bytes or a promise of them, and `keyId`: a key-management service in place of `MILLRACE_ENCRYPTION_KEY`.',
});
