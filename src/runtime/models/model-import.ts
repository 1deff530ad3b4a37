// Imports a model that others made (control path): turned into one of the engine's own, compared with what it returned where it
// was trained, tried as every engine tries one, and registered as a candidate.
import { createHash } from 'node:crypto';
import { isCode, MillraceError } from '../../core/errors.ts';
import { IMPORT_REFERENCE_ROWS_MAX } from '../../core/import-limits.ts';
import type { DriftReference, ModelManifest } from '../../core/reports.ts';
import { isVersionName } from '../../core/version-name.ts';
import { type ImportedModel, importOnnx } from '../../learning/imported/import-onnx.ts';
import type { GivenFile, ModelImport } from '../../learning/imported/model-import.ts';
import type { ScoreShape } from '../../learning/imported/score-graph.ts';
import type { Actor, Audit } from '../../ports/audit.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { TrialScorers, UntrustedScorer } from '../../ports/scorer.ts';
import { makeDriftReference, NO_REFERENCE } from '../../stats/drift-reference.ts';
import { driftingOutput, outputCount, outputNames } from '../../tasks/outputs.ts';
import { unlabelled } from '../../tasks/unlabelled.ts';
import type { Topology } from '../../topology/define.ts';
import { manifestTarget } from '../../topology/target-models.ts';
import { modelSubject } from '../../topology/targets.ts';
import { compareExamples, type Example } from './example-scores.ts';
import { ModelGate } from './model-gate.ts';
import { ModelKeys } from './model-keys.ts';
import { modelNeeds } from './model-needs.ts';
import { packUpdate } from './model-update.ts';
import { newestScored } from './newest-scored.ts';
import { inBatches } from './untrusted-scores.ts';

export interface ImportParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly registry: ModelRegistry;
  /** The feature log; null if it cannot be read now. */
  readonly history: Pick<History, 'recentVectors'> | null;
  readonly scorers: TrialScorers & UntrustedScorer;
  readonly keys: ModelKeys;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

export interface ImportRequest extends GivenFile {
  readonly examples: readonly Example[];
  readonly by: Actor;
  /** More for the manifest's record of where it comes from. */
  readonly origin?: Readonly<Record<string, string>>;
}

/** Versions of trainings: an import that takes one would stand in for a training. */
const TRAINED = /^v\d+$/;
/** Hexadecimal digits of a hash in a version's name, and characters of the file's name before them. */
const HASH_DIGITS = 8;
const STEM_LENGTH_MAX = 40;
/** Of the draw of the drift reference. */
const SEED = 1;

/** @throws MODEL_INVALID with what to do about it; nothing is registered then */
export async function importModel(parts: ImportParts, request: ImportRequest): Promise<ModelImport> {
  const { topology, registry, keys, audit } = parts;
  const features = topology.features?.features ?? [];
  if (features.length === 0 || !topology.stages.some(({ kind }) => kind === 'score'))
    throw new MillraceError('TOPOLOGY_INVALID', 'the topology scores nothing', {
      where: topology.name,
      remedy: 'Add the stages features({ ... }) and score({ key: ... }).',
    });
  const imported = importOnnx(request.bytes, features, shapeOf(topology, request.task), request.choices);
  const sha256 = createHash('sha256').update(imported.model).digest('hex');
  const version = await newVersion(registry, topology.name, request, sha256);
  const { model } = imported;
  const outputs = outputCount(topology.task.output);
  const score = inBatches(parts.scorers, { version, model, inputWidth: features.length, outputs });
  const difference = await compareExamples(request.examples, { ...imported, features, score });
  const reference = await referenceOf(parts, score);
  const manifest = keys.sign(await manifestOf(parts, request, { imported, version, sha256, reference }));
  await requireUsable(parts, manifest, model, request.task);
  packUpdate(manifest, new Uint8Array(0), manifest.reason, manifest.trainedAtMs); // a model of any size is an artifact
  await audit.record({
    ...request.by,
    action: 'import',
    subject: modelSubject(topology, version),
    before: null,
    after: { sha256, source: request.source, sourceSha256: manifest.environment['sourceSha256'] },
  });
  await registry.register(manifest, model);
  return {
    topology: topology.name,
    version,
    sha256,
    order: imported.order,
    score: imported.score,
    examples: { rows: request.examples.length, difference },
    referenceRows: reference.rowCount,
    notices: [...imported.notices, ...(await noticesOf(parts, reference))],
  };
}

/** @throws CONFIG_INVALID for a task that is not the topology's */
function shapeOf({ name, task }: Topology, given: string | null): ScoreShape {
  if (given !== null && task.name !== unlabelled.name && given !== task.name)
    throw new MillraceError('CONFIG_INVALID', `the task of the topology is '${task.name}', not '${given}'`, {
      where: name,
      remedy: 'Leave --task out: it is for topologies without labels.',
    });
  const isProbability = (task.output.low === 0 && task.output.high === 1) || given === 'binary';
  return { width: outputCount(task.output), isProbability, classes: task.output.classes ?? null };
}

async function newVersion(
  registry: ModelRegistry,
  topology: string,
  { version: given, source }: ImportRequest,
  sha256: string,
): Promise<string> {
  const stem = source
    .replace(/^.*[/\\]/, '')
    .replace(/\.onnx$/i, '')
    .replace(/[^A-Za-z0-9_.+-]/g, '-')
    .replace(/^[.+-]+/, '')
    .slice(0, STEM_LENGTH_MAX);
  const version = given ?? `${stem || 'model'}-${sha256.slice(0, HASH_DIGITS)}`;
  const refuse = (what: string, remedy: string): never => {
    throw new MillraceError('MODEL_INVALID', what, { where: topology, remedy });
  };
  if (!isVersionName(version))
    refuse(
      `${JSON.stringify(version)} is no name of a version`,
      'Use letters, digits, _ . + -, and start with a letter, a digit or _.',
    );
  if (TRAINED.test(version))
    refuse(`versions that are trained have names such as ${version}`, 'Choose another name with --version.');
  const known = await registry.list(topology);
  if (known.some((one) => one.version === version))
    refuse(`there is a version ${version} already`, 'Promote it, or choose another name with --version.');
  return version;
}

async function referenceOf(
  { topology, history }: ImportParts,
  score: ReturnType<typeof inBatches>,
): Promise<DriftReference> {
  const specs = topology.features?.features ?? [];
  const query = { topology: topology.name, rowsMax: IMPORT_REFERENCE_ROWS_MAX, width: specs.length };
  const logged = await history?.recentVectors(query);
  if (logged === undefined || logged.rowCount === 0) return NO_REFERENCE;
  const { features, rowCount } = logged;
  const [names, kinds] = [specs.map(({ name }) => name), specs.map(({ kind }) => kind)];
  const { values, kind } = driftingOutput(topology.task.output, await score(features, rowCount));
  return makeDriftReference(features, rowCount, names, kinds, values, SEED, kind);
}

interface Made {
  readonly imported: ImportedModel;
  readonly version: string;
  readonly sha256: string;
  readonly reference: DriftReference;
}

async function manifestOf(
  { topology, log, nowMs }: ImportParts,
  { source, bytes, choices, task, origin }: ImportRequest,
  { imported, version, sha256, reference }: Made,
): Promise<ModelManifest> {
  // What it was trained on is not known: no gate judges it on rows that it may have seen.
  const newestMs = await newestScored(log, topology);
  const { features, ...chosen } = choices;
  const map = features instanceof Map ? Object.fromEntries(features) : features;
  const opsets = [...imported.opsets].map(([domain, number]) => `${domain || 'ai.onnx'} ${number}`);
  const names = outputNames(topology.task.output);
  return {
    topology: topology.name,
    ...manifestTarget(topology),
    version,
    status: 'candidate',
    parent: null,
    createdMs: nowMs(),
    trainedAtMs: newestMs,
    reason: 'imported',
    why: `imported from ${source}: features ${imported.order}; score of ${imported.score}`,
    interval: { fromMs: newestMs, toMs: newestMs },
    rows: { train: 0, validation: 0, gate: 0 },
    metrics: { candidate: { n: 0 }, champion: null },
    task: task ?? topology.task.name,
    ...(names === undefined ? {} : { classes: names }),
    trainer: { name: 'imported', params: { ...chosen, features: map } },
    gate: { share: 0, confidence: 0, tolerance: 0, refit: false },
    newestRowMs: newestMs,
    features: topology.features?.features ?? [],
    environment: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      producer: imported.producer || 'unknown',
      opsets: opsets.join(', '),
      source,
      sourceSha256: createHash('sha256').update(bytes).digest('hex'),
      ...origin,
    },
    ...(imported.known.size === 0 ? {} : { knownCodes: Object.fromEntries(imported.known) }),
    sha256,
    seconds: 0,
    reference,
  };
}

/** All that engines check but the signature, which an operator may add: `noticesOf` says if it lacks. */
async function requireUsable(
  { topology, scorers }: ImportParts,
  manifest: ModelManifest,
  model: Uint8Array,
  task: string | null,
): Promise<void> {
  const { version } = manifest;
  const needs = modelNeeds(topology);
  // A topology without labels takes any number, and the caller says that these are probabilities.
  const output = task === 'binary' ? { ...needs.output, low: 0, high: 1 } : needs.output;
  try {
    const gate = new ModelGate({ ...needs, output }, scorers, new ModelKeys());
    await gate.check({ version, manifest, model });
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error;
    throw new MillraceError('MODEL_INVALID', error.what, {
      where: topology.name,
      remedy: error.what.startsWith('the golden batch')
        ? 'If its output is no score of the task, say what it is: --scores logit or label, or --output.'
        : 'Check that onnxruntime.InferenceSession opens and runs the file in Python, and export it again.',
      cause: error,
    });
  }
}

async function noticesOf({ keys, history }: ImportParts, { rowCount }: DriftReference): Promise<string[]> {
  const notices: string[] = [];
  if (history === null)
    notices.push('drift is not measured with it: the engine has the embedded history; import it over REST');
  else if (rowCount === 0) notices.push('drift is not measured with it: nothing has been scored yet');
  if (keys.areRequired && keys.signingName === null)
    notices.push('engines refuse it until it is signed: millrace models sign');
  return notices;
}
