// `millrace models sign` and `keygen` (control path): a signature for a version that no trainer signed, and pairs of keys.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../core/errors.ts';
import { fileError } from '../../../core/file-errors.ts';
import { ModelGate } from '../../../runtime/models/model-gate.ts';
import { ModelKeys, nameOfKey } from '../../../runtime/models/model-keys.ts';
import { modelNeeds } from '../../../runtime/models/model-needs.ts';
import { openAppTelemetry, openRegistry, openScorers } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { openModelKeys } from '../../compose/model-keys.ts';
import { recordChange } from '../../compose/record-change.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName, modelSubject } from '../../../topology/targets.ts';
import { reportDamaged } from './report-damaged.ts';

const PRIVATE_FILE = 'model-signing-key.pem';
const PUBLIC_FILE = 'model-key.pem';
/** Read and written by its owner alone. */
const PRIVATE_MODE = 0o600;

/** @throws CONFIG_INVALID without a key; MODEL_INVALID for a model that engines would refuse all the same */
export async function signModel(place: TargetPlace, version: string, config: Config): Promise<void> {
  const topology = await loadTarget(place);
  const keys = openModelKeys(config);
  const registry = openRegistry(config, reportDamaged);
  const { manifest, model } = await registry.load(topology.name, version);
  const { signature } = keys.sign(manifest);
  if (keys.signingName === null || signature === undefined)
    throw new MillraceError('CONFIG_INVALID', 'there is no key to sign with', {
      where: 'MILLRACE_MODEL_SIGNING_KEY',
      remedy: 'Set it, or MILLRACE_MODEL_SIGNING_KEY_FILE; millrace models keygen creates a pair of keys.',
    });
  const telemetry = await openAppTelemetry(config);
  const scorers = await openScorers(config, telemetry);
  try {
    // Everything but the signature that it does not have yet.
    await new ModelGate(modelNeeds(topology), scorers, new ModelKeys()).check({ version, manifest, model });
  } finally {
    await scorers.close();
  }
  await recordChange(declaredName(topology), config, telemetry, {
    action: 'signing',
    subject: modelSubject(topology, version),
    before: { signedBy: manifest.signature?.key ?? null },
    after: { signedBy: keys.signingName, sha256: manifest.sha256 },
  });
  await registry.setSignature(topology.name, version, signature);
  process.stdout.write(`${topology.name}: ${version} is signed by ${keys.signingName}.\n`);
}

/** Writes a pair of keys. @throws CONFIG_INVALID if one of the files exists, or cannot be written */
export async function generateKeys(folder: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const files = [join(folder, PRIVATE_FILE), join(folder, PUBLIC_FILE)] as const;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(files[0], privateKey, { mode: PRIVATE_MODE, flag: 'wx' });
    await writeFile(files[1], publicKey, { flag: 'wx' });
  } catch (error) {
    throw fileError(error, 'write a pair of keys', folder, 'CONFIG_INVALID');
  }
  process.stdout.write(`The pair of keys ${nameOfKey(createPublicKey(publicKey))} is written.
Engines that train:  MILLRACE_MODEL_SIGNING_KEY_FILE=${files[0]}
All engines:         MILLRACE_MODEL_KEYS=${files[1]}
`);
}
