// Imports a model over REST (control path).
import { IMPORT_BODY_BYTES_MAX } from '../../core/import-limits.ts';
import { type FeatureMap, parseFeatureMap } from '../../learning/imported/feature-map.ts';
import { type OutputKind, outputKinds } from '../../learning/imported/model-outputs.ts';
import type { Route, RouteRequest } from '../../ports/route.ts';
import type { HttpResponse } from '../../ports/web-server.ts';
import { actorOf } from '../access/caller.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';
import { topologyNamed } from './target.ts';

const REMEDY =
  'Send the ONNX file as application/octet-stream, for example curl --data-binary @fraud.onnx -H "content-type: application/octet-stream".';

function isKind(text: string): text is OutputKind {
  return outputKinds.some((kind) => kind === text);
}

async function post(request: RouteRequest, context: ServingContext): Promise<HttpResponse> {
  const { query, bytes } = request;
  if (bytes.length === 0) return reply.error(400, 'BODY_MALFORMED', 'the body holds no model', REMEDY);
  const scores = query.get('scores');
  if (scores !== null && !isKind(scores))
    return reply.error(400, 'BODY_MALFORMED', `scores is none of ${outputKinds.join(', ')}`, REMEDY);
  const map = query.get('features');
  const features: FeatureMap | null = map === null ? null : parseFeatureMap(map);
  const topology = topologyNamed(context, { topology: null, target: query.get('target') }, true);
  if (typeof topology !== 'string') return topology;
  const imported = await context.importModel(
    {
      source: query.get('name') ?? 'model.onnx',
      bytes,
      choices: {
        features,
        output: query.get('output')?.split(',') ?? null,
        scores,
        positive: query.get('positive'),
      },
      version: query.get('version'),
      task: query.get('task'),
    },
    actorOf(request.caller),
    topology,
  );
  return reply.json(201, imported);
}

export const importModelRoutes: ReadonlyArray<Route<ServingContext>> = [
  routeWith({
    method: 'POST',
    path: '/api/models',
    description:
      'Registers a model that another tool exported to ONNX, as `millrace models import` does; promote it afterwards. See [Import a model](../guide/models.md#import-a-model).',
    parameters: {
      target: 'id of the score stage that it is for, where the topology has several',
      name: 'name of the file, for the manifest',
      version: 'name of the version; by default of the file and its hash',
      features: 'the map of features as JSON',
      task: 'what it predicts, for a topology without labels',
      output: 'the output that is the score, or those that are its columns, separated by commas',
      scores: `what that output is: ${outputKinds.join(', ')}`,
      positive: 'class whose probability is the score of a binary task',
    },
    body: 'the ONNX file; at most 16 MiB',
    mediaTypes: ['application/octet-stream'],
    bodyBytesMax: IMPORT_BODY_BYTES_MAX,
    responses: {
      201: '`{"topology", "version", "sha256", "order", "score", "examples", "referenceRows", "notices"}`: the version is a candidate',
      400: '`BODY_MALFORMED`: the body is empty, or a parameter has no such value; `CONFIG_INVALID`: the topology has another task; `TARGET_MISSING`: there are several targets',
      404: '`TARGET_UNKNOWN`: the topology has no such target',
      409: '`MODEL_INVALID`: the model cannot be imported; the remedy says what to do',
      413: '`BODY_TOO_LARGE`',
    },
    handler: post,
  }),
];
