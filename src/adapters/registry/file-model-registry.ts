// The model registry port on a folder (control path): <folder>/<topology>/<version>/
//   model.onnx     the graph
//   manifest.json  provenance and metrics; written once
//   status.json    current status and its event time
//   signature.json a signature that was added later
//   probe.json     what the last probe found
//   training.log   what the programs wrote that trained it, if any did
// A version is complete or absent: it is written to a temporary folder and renamed into place.
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { fileError, systemCode } from '../../core/file-errors.ts';
import { exactJson } from '../../core/exact-json.ts';
import { parseManifest } from '../../core/manifest.ts';
import { type ModelContent, sha256Of } from '../../core/model-content.ts';
import type { ModelManifest, ModelSignature } from '../../core/reports.ts';
import type { ProbeReport } from '../../core/probe-report.ts';
import { isPathSegment } from '../../core/version-name.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import { readModel, writeDurably, writeModel } from './model-bytes.ts';
import { isMissing, readProbe } from './probe-file.ts';

const MODEL_FILE = 'model.onnx';
const MANIFEST_FILE = 'manifest.json';
const STATUS_FILE = 'status.json';
const SIGNATURE_FILE = 'signature.json';
const PROBE_FILE = 'probe.json';
const LOG_FILE = 'training.log';
/** Prefix of temporary names; no version may start with it. */
const TEMPORARY = '.new-';

interface StatusFile {
  readonly status: ModelManifest['status'];
  /** Event time, ms. */
  readonly atMs: number;
}

/** Called for a version that a list leaves out, as its files are damaged: `where` of the error is its folder. */
export type DamagedVersion = (error: MillraceError, topology: string) => void;

export class FileModelRegistry implements ModelRegistry {
  readonly #folder: string;
  readonly #damaged: DamagedVersion;

  constructor(folder: string, damaged: DamagedVersion = () => undefined) {
    this.#folder = folder;
    this.#damaged = damaged;
  }

  /** Throws MODEL_INVALID if the version exists, a name is unusable, or the bytes do not match the manifest. */
  async register(manifest: ModelManifest, model: ModelContent): Promise<void> {
    const target = this.#versionFolder(manifest.topology, manifest.version);
    const sha256 = sha256Of(model);
    if (sha256 !== manifest.sha256) {
      throw new MillraceError('MODEL_INVALID', `the model's SHA-256 is ${sha256}, not the manifest's`, {
        where: `${manifest.topology} ${manifest.version}`,
      });
    }
    const parent = dirname(target);
    let temporary: string | null = null;
    try {
      await mkdir(parent, { recursive: true });
      temporary = await mkdtemp(join(parent, TEMPORARY));
      await writeModel(join(temporary, MODEL_FILE), model);
      await writeDurably(join(temporary, MANIFEST_FILE), jsonBytes(manifest));
      const status: StatusFile = { status: manifest.status, atMs: manifest.trainedAtMs };
      await writeDurably(join(temporary, STATUS_FILE), jsonBytes(status));
      await rename(temporary, target); // fails if the version exists, as its folder is not empty
    } catch (cause) {
      if (temporary !== null) await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      throw notRegistered(cause, target);
    }
  }

  /** Throws MODEL_UNKNOWN. */
  async setStatus(
    topology: string,
    version: string,
    status: ModelManifest['status'],
    atMs: number,
  ): Promise<void> {
    const file: StatusFile = { status, atMs };
    await this.#replace(topology, version, STATUS_FILE, jsonBytes(file));
  }

  /** Throws MODEL_UNKNOWN. */
  async setSignature(topology: string, version: string, signature: ModelSignature): Promise<void> {
    await this.#replace(topology, version, SIGNATURE_FILE, jsonBytes(signature));
  }

  /** Throws MODEL_UNKNOWN. */
  async setProbe(report: ProbeReport): Promise<void> {
    await this.#replace(report.topology, report.version, PROBE_FILE, jsonBytes(report));
  }

  /** Throws MODEL_UNKNOWN. */
  async setLog(topology: string, version: string, log: string): Promise<void> {
    await this.#replace(topology, version, LOG_FILE, Buffer.from(log, 'utf8'));
  }

  /** Throws MODEL_UNKNOWN, and MODEL_INVALID for a damaged file. */
  async probe(topology: string, version: string): Promise<ProbeReport | null> {
    const { sha256 } = await this.#manifest(topology, version);
    return readProbe(join(this.#versionFolder(topology, version), PROBE_FILE), sha256);
  }

  async #replace(topology: string, version: string, name: string, bytes: Uint8Array): Promise<void> {
    const folder = this.#versionFolder(topology, version);
    await this.#manifest(topology, version);
    const temporary = join(folder, `${TEMPORARY}${process.pid}-${name}`);
    try {
      await writeDurably(temporary, bytes);
      await rename(temporary, join(folder, name));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw fileError(error, `write ${name} of a model`, folder, 'MODEL_INVALID');
    }
  }

  async list(topology: string): Promise<readonly ModelManifest[]> {
    let names: string[];
    try {
      names = await readdir(join(this.#folder, segment(topology, 'topology')));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    const versions = names.filter(isPathSegment);
    const manifests = await Promise.all(versions.map((version) => this.#listed(topology, version)));
    return manifests.flat().sort((a, b) => a.createdMs - b.createdMs || (a.version < b.version ? -1 : 1));
  }

  /** None for a version that is damaged: the others are listed. */
  async #listed(topology: string, version: string): Promise<ModelManifest[]> {
    try {
      return [await this.#manifest(topology, version)];
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      this.#damaged(error, topology);
      return [];
    }
  }

  async load(topology: string, version: string): Promise<{ manifest: ModelManifest; model: ModelContent }> {
    const manifest = await this.#manifest(topology, version);
    const path = join(this.#versionFolder(topology, version), MODEL_FILE);
    return { manifest, model: await readModel(path, manifest.sha256) };
  }

  async #manifest(topology: string, version: string): Promise<ModelManifest> {
    const folder = this.#versionFolder(topology, version);
    try {
      const [json, status, signature] = await Promise.all([
        readFile(join(folder, MANIFEST_FILE), 'utf8'),
        readFile(join(folder, STATUS_FILE), 'utf8'),
        readFile(join(folder, SIGNATURE_FILE), 'utf8').catch((error: unknown) => {
          if (isMissing(error)) return null;
          throw error;
        }),
      ]);
      const manifest = { ...parseManifest(json), status: statusOf(status) };
      const signed = signature === null ? manifest : { ...manifest, signature: signatureOf(signature) };
      return checked(signed, topology, version);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) {
        throw new MillraceError('MODEL_INVALID', `the manifest or the status is damaged: ${error.message}`, {
          where: folder,
          remedy: 'Restore the files of this version from a copy, or remove its folder.',
          cause: error,
        });
      }
      if (!isMissing(error)) throw fileError(error, 'read the manifest', folder, 'MODEL_INVALID');
      throw new MillraceError('MODEL_UNKNOWN', `no version ${version} of ${topology}`, {
        where: folder,
        remedy: 'Run millrace models list to see the known versions.',
        cause: error,
      });
    }
  }

  #versionFolder(topology: string, version: string): string {
    return join(this.#folder, segment(topology, 'topology'), segment(version, 'version'));
  }
}

const STATUSES: readonly string[] = ['candidate', 'champion', 'retired', 'rejected'];

function isStatus(status: unknown): status is ModelManifest['status'] {
  return typeof status === 'string' && STATUSES.includes(status);
}

/** @throws SyntaxError or TypeError for anything that this class has not written */
function statusOf(json: string): ModelManifest['status'] {
  const file: unknown = JSON.parse(json);
  const status = typeof file === 'object' && file !== null && 'status' in file ? file.status : null;
  if (!isStatus(status)) throw new TypeError(`the status is ${JSON.stringify(status)}`);
  return status;
}

/** @throws SyntaxError or TypeError for anything that this class has not written */
function signatureOf(json: string): ModelSignature {
  const file: unknown = JSON.parse(json);
  const { key, value } = (typeof file === 'object' && file !== null ? file : {}) as Record<string, unknown>;
  if (typeof key !== 'string' || typeof value !== 'string') throw new TypeError('it is no signature');
  return { key, value };
}

/** What every reader relies on. @throws TypeError */
function checked(manifest: ModelManifest, topology: string, version: string): ModelManifest {
  if (manifest.topology !== topology || manifest.version !== version)
    throw new TypeError(`it is that of ${manifest.topology} ${manifest.version}`);
  return manifest;
}

/** ENOTEMPTY (EEXIST on some systems): the version's folder is there. */
function notRegistered(cause: unknown, target: string): MillraceError {
  const code = systemCode(cause);
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') {
    return fileError(cause, 'register the version', target, 'MODEL_INVALID');
  }
  return new MillraceError('MODEL_INVALID', `the version was not registered: ${messageOf(cause)}`, {
    where: target,
    remedy: 'Register each version once.',
    cause,
  });
}

function segment(name: string, what: string): string {
  if (isPathSegment(name)) return name;
  throw new MillraceError('MODEL_INVALID', `${what} ${JSON.stringify(name)} is not a valid folder name`, {
    remedy: 'Use letters, digits, _ . + -, and start with a letter, a digit or _.',
  });
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${exactJson(value, 2)}\n`, 'utf8');
}
