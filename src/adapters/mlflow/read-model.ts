// A model version of an MLflow registry (control path): its ONNX file, and where it comes from.
import { MillraceError } from '../../core/errors.ts';
import { type Answer, isObject, type MlflowClient, objectsOf } from './client.ts';

export interface MlflowModel {
  /** `models:/fraud/3`. */
  readonly uri: string;
  readonly bytes: Buffer;
  /** What its run and its version say of it: metrics, parameters, tags and aliases, as texts by name. */
  readonly origin: Readonly<Record<string, string>>;
}

const URI = /^models:\/([^/@]+)(?:\/(\d+)|@([^/]+))$/;
const SCHEME = 'mlflow-artifacts:/';

/** Whether a text names a model of a registry, as `models:/NAME/VERSION` or `models:/NAME@ALIAS`. */
export function isModelUri(text: string): boolean {
  return text.startsWith('models:/');
}

/** @throws CONFIG_INVALID, MODEL_UNKNOWN, MODEL_INVALID, REGISTRY_UNAVAILABLE or REGISTRY_FAILED */
export async function readMlflowModel(
  client: MlflowClient,
  given: string,
  bytesMax: number,
): Promise<MlflowModel> {
  const version = await versionOf(client, given);
  const [name, number, run] = [
    textOf(version, 'name'),
    textOf(version, 'version'),
    textOf(version, 'run_id'),
  ];
  const found = await client.get('model-versions/get-download-uri', { name, version: number });
  const folder = folderOf(textOf(found ?? {}, 'artifact_uri'));
  const files = await client.files(folder);
  const models = files.filter(({ path, isFolder }) => !isFolder && path.endsWith('.onnx'));
  const [model] = models;
  if (model === undefined || models.length > 1)
    throw new MillraceError('MODEL_INVALID', `it has ${models.length} ONNX files`, {
      where: given,
      remedy: 'Log the model as ONNX: mlflow.onnx.log_model.',
    });
  const bytes = await client.download(`${folder}/${model.path.split('/').at(-1) ?? ''}`, bytesMax);
  const data = run === '' ? {} : runData(await client.get('runs/get', { run_id: run }));
  return {
    uri: `models:/${name}/${number}`,
    bytes,
    origin: {
      mlflow: client.where,
      mlflowRun: run,
      ...data,
      ...prefixed('mlflow.tag', objectsOf(version['tags'])),
      mlflowAliases: aliasesOf(version).join(', '),
    },
  };
}

async function versionOf(client: MlflowClient, given: string): Promise<Answer> {
  const [, name, version, alias] = URI.exec(given) ?? [];
  if (name === undefined)
    throw new MillraceError('CONFIG_INVALID', `${given} names no model of a registry`, {
      remedy: 'Write models:/NAME/VERSION or models:/NAME@ALIAS.',
    });
  const found =
    alias === undefined
      ? await client.get('model-versions/get', { name, version: version ?? '' })
      : await client.get('registered-models/alias', { name, alias });
  const answer = found?.['model_version'];
  if (isObject(answer)) return answer;
  throw new MillraceError('MODEL_UNKNOWN', `the registry has no ${given}`, {
    where: client.where,
    remedy: 'Look the name and the version up in MLflow.',
  });
}

/** The folder in the artifact proxy. @throws MODEL_INVALID for a store that the server does not pass on */
function folderOf(uri: string): string {
  const path = uri.startsWith(`${SCHEME}/`)
    ? uri.slice(SCHEME.length + 1).replace(/^[^/]*\//, '')
    : uri.slice(SCHEME.length);
  if (uri.startsWith(SCHEME)) return path;
  throw new MillraceError(
    'MODEL_INVALID',
    `its artifacts are in ${uri.replace(/:.*/s, ':')}, which the server does not pass on`,
    {
      remedy:
        'Start the server with --serve-artifacts, or download the file (mlflow artifacts download) and import that.',
    },
  );
}

function runData(answer: Answer | null): Record<string, string> {
  const run = answer?.['run'];
  const data = isObject(run) ? run['data'] : null;
  if (!isObject(data)) return {};
  return {
    ...prefixed('mlflow.metric', objectsOf(data['metrics'])),
    ...prefixed('mlflow.param', objectsOf(data['params'])),
  };
}

/** Entries that a manifest takes over at most, of each kind, and characters of each. */
const ENTRIES_MAX = 100;
const TEXT_LENGTH_MAX = 500;

function prefixed(prefix: string, entries: readonly Answer[]): Record<string, string> {
  return Object.fromEntries(
    entries
      .slice(0, ENTRIES_MAX)
      .map((entry) => [
        `${prefix}.${textOf(entry, 'key')}`,
        textOf(entry, 'value').slice(0, TEXT_LENGTH_MAX),
      ]),
  );
}

function aliasesOf({ aliases }: Answer): readonly string[] {
  return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === 'string') : [];
}

function textOf(answer: Answer, name: string): string {
  const value = answer[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}
