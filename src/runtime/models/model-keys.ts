// Who made a model (control path): trainers sign the manifest with a private Ed25519 key (RFC 8032), and engines take only
// models that one of the trusted public keys has signed. The manifest has the checksum of the model's bytes.
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { stableJson } from '../../core/stable-json.ts';

/** Before what is signed, so that a signature counts for nothing else that the key may sign. */
const CONTEXT = 'millrace model manifest 1\n';
/** Characters of a key's name: 64 bits of its hash, which tell keys apart and prove nothing. */
const NAME_LENGTH = 16;

/** The name of a key in manifests and messages: the first digits of the SHA-256 of its public key (SPKI, DER). */
export function nameOfKey(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, NAME_LENGTH);
}

/**
 * What is signed, and what identifies a trial: the canonical JSON of the whole manifest but its status, which operators
 * change, and the signature. It holds for one topology, version, task, list of features, checksum and drift reference.
 */
export function canonicalManifest({
  status: _status,
  signature: _signature,
  ...rest
}: ModelManifest): Buffer {
  return Buffer.from(CONTEXT + stableJson(rest), 'utf8');
}

export class ModelKeys {
  readonly #trusted: ReadonlyMap<string, KeyObject>;
  readonly #signing: KeyObject | null;

  /**
   * @param trusted public keys; with none, models need no signature
   * @param signing the private key of a trainer; null: models are not signed here
   * @throws CONFIG_INVALID if engines with these trusted keys would refuse what is signed here
   */
  constructor(trusted: readonly KeyObject[] = [], signing: KeyObject | null = null) {
    this.#trusted = new Map(trusted.map((key) => [nameOfKey(key), key]));
    this.#signing = signing;
    const name = this.signingName;
    if (name === null || trusted.length === 0 || this.#trusted.has(name)) return;
    throw new MillraceError('CONFIG_INVALID', `the trusted keys do not include ${name}, which signs here`, {
      where: 'MILLRACE_MODEL_KEYS',
      remedy: 'Add the public key of MILLRACE_MODEL_SIGNING_KEY.',
    });
  }

  /** Whether a model needs a signature. */
  get areRequired(): boolean {
    return this.#trusted.size > 0;
  }

  /** The name of the key that signs here; null if none does. */
  get signingName(): string | null {
    return this.#signing === null ? null : nameOfKey(createPublicKey(this.#signing));
  }

  /** The manifest with a signature; unchanged without a key to sign with. */
  sign(manifest: ModelManifest): ModelManifest {
    const { signingName: key } = this;
    if (this.#signing === null || key === null) return manifest;
    const value = sign(null, canonicalManifest(manifest), this.#signing).toString('base64');
    return { ...manifest, signature: { key, value } };
  }

  /** Does nothing where no signature is needed. @throws MODEL_INVALID */
  requireSigned(manifest: ModelManifest): void {
    if (!this.areRequired) return;
    const { signature } = manifest;
    const refuse = (what: string): never => {
      throw new MillraceError('MODEL_INVALID', what, {
        where: `${manifest.topology} ${manifest.version}`,
        remedy: 'Promote a signed version, or sign this one if you trust it: millrace models sign.',
      });
    };
    if (typeof signature?.key !== 'string' || typeof signature.value !== 'string')
      return refuse('the model is not signed, and MILLRACE_MODEL_KEYS requires it');
    const key = this.#trusted.get(signature.key);
    if (key === undefined)
      return refuse(`the key ${JSON.stringify(signature.key)} that signed the model is not trusted`);
    if (!verify(null, canonicalManifest(manifest), key, Buffer.from(signature.value, 'base64')))
      refuse(`the signature by ${signature.key} is not that of this manifest`);
  }
}
