// Features of many entities by the name of a service (control path): one request, one round trip to the store a partition.
import { isCode } from '../../core/errors.ts';
import { FEATURES_ENTITIES_MAX } from '../../core/process-limits.ts';
import { FEATURES_BODY_BYTES_MAX } from '../../core/port-limits.ts';
import { parseWideJson } from '../../core/wide-json.ts';
import type { EntityColumns, FeaturesRequest } from '../../ports/features.ts';
import type { Route } from '../../ports/route.ts';
import type { HttpResponse } from '../../ports/web-server.ts';
import { featuresJson } from '../features-json.ts';
import { textOf } from '../ingest/body.ts';
import { instantAsked, noInstant } from '../instant-text.ts';
import { reply } from '../response.ts';
import { routeWith } from '../route.ts';
import type { ServingContext } from '../serving-context.ts';

const PARAMETERS = {
  service: 'a service of the features stage, or a view: all of its features',
};
const REPLY =
  '`{"topology", "service", "features", "results": [{"values", "statuses", "eventTimeMs", "freshnessMs"}], "partitions": [{"partition", "offset", "watermarkMs"}]}`. The lists of a result are in the order of `features`, the results in that of the entities. `statuses`: `present`, `null`, `not_found`, `rebuilding`, `outside_max_age`, `outside_history`; a value is null unless it is `present`, and an infinite one a string. `partitions` says up to which offset of the source the state is that was read';
const RESPONSES = {
  200: REPLY,
  400: '`DATA_INVALID`: an entity lacks a column, or there are none or more than 1,000. `INSTANT_MALFORMED`, `AGE_MALFORMED`, `QUERY_MALFORMED`, `BODY_MALFORMED`',
  404: '`SERVICE_UNKNOWN`: the topology has no such service or view',
  503: '`STORE_UNAVAILABLE`: the store cannot be reached or fails over',
};

/** What a request gives besides its entities, as text or as JSON. */
interface Asked {
  readonly asOf?: unknown;
  readonly maxAgeMs?: unknown;
}

async function read(
  { topology, featureServices }: ServingContext,
  service: string,
  entities: readonly EntityColumns[],
  { asOf, maxAgeMs }: Asked,
): Promise<HttpResponse> {
  if (!featureServices.services.includes(service))
    return reply.error(
      404,
      'SERVICE_UNKNOWN',
      `${topology} has no service or view of this name`,
      `It has ${featureServices.services.join(', ') || 'none'}.`,
    );
  const asOfMs = instantAsked(asOf);
  if (Number.isNaN(asOfMs)) return noInstant('asOf');
  const age = maxAgeMs === undefined || maxAgeMs === null ? undefined : Number(maxAgeMs);
  if (age !== undefined && !(Number.isFinite(age) && age >= 0 && maxAgeMs !== ''))
    return reply.error(
      400,
      'AGE_MALFORMED',
      'maxAgeMs is no number of milliseconds',
      'Give 0 or more milliseconds.',
    );
  const request: FeaturesRequest = {
    service,
    entities,
    ...(asOfMs === undefined ? {} : { asOfMs }),
    ...(age === undefined ? {} : { maxAgeMs: age }),
  };
  try {
    return reply.json(200, { topology, service, ...featuresJson(await featureServices.read(request)) });
  } catch (error) {
    if (isCode(error, 'DATA_INVALID'))
      return reply.error(400, error.code, error.what, error.remedy ?? 'Correct the request.');
    throw error;
  }
}

function malformed(what: string): HttpResponse {
  return reply.error(
    400,
    'BODY_MALFORMED',
    what,
    'Send {"entities": [{"card": "4929"}]}, with asOf and maxAgeMs if they are needed.',
  );
}

/** The body as an object with a list of objects; null if it is none. */
function bodyOf(text: string): ({ readonly entities: readonly EntityColumns[] } & Asked) | null {
  try {
    const body: unknown = parseWideJson(text);
    if (typeof body !== 'object' || body === null || !('entities' in body)) return null;
    const { entities } = body;
    const isList =
      Array.isArray(entities) && entities.every((one) => typeof one === 'object' && one !== null);
    // What an entity has in its columns is checked when its key is made.
    return isList ? (body as { readonly entities: readonly EntityColumns[] } & Asked) : null;
  } catch {
    return null;
  }
}

export const featureServiceRoutes: ReadonlyArray<Route<ServingContext>> = [
  routeWith({
    method: 'GET',
    path: '/v1/features/:service',
    description:
      'The features of one entity by the name of a service: `/v1/features/fraud_v1?card=4929&merchant=m1`. See [Serve features](../guide/serving-features.md).',
    parameters: {
      ...PARAMETERS,
      asOf: 'the instant to compute them for instead of now, event time: milliseconds or ISO 8601',
      maxAgeMs: 'age of the newest event up to which a value counts',
    },
    responses: RESPONSES,
    handler({ params: { service }, query }, context: ServingContext) {
      const columns = [...query].filter(([name]) => name !== 'asOf' && name !== 'maxAgeMs');
      const asked = {
        asOf: query.get('asOf') ?? undefined,
        maxAgeMs: query.get('maxAgeMs') ?? undefined,
      };
      const names = [...query.keys()];
      const twice = names.find((name, i) => names.indexOf(name) < i);
      if (twice !== undefined)
        return reply.error(
          400,
          'QUERY_MALFORMED',
          `the query has '${twice}' twice`,
          'Give each column once; POST reads several entities.',
        );
      return read(context, service, [Object.fromEntries(columns)], asked);
    },
  }),
  routeWith({
    method: 'POST',
    path: '/v1/features/:service',
    description: `The features of up to ${FEATURES_ENTITIES_MAX.toLocaleString('en-US')} entities by the name of a service. It changes nothing.`,
    parameters: PARAMETERS,
    body: '`{"entities": [{"card": "4929", "merchant": "m1"}], "asOf"?, "maxAgeMs"?}`: the key columns of every view of the service; at most 1 MiB',
    bodyBytesMax: FEATURES_BODY_BYTES_MAX,
    responses: RESPONSES,
    async handler(request, context: ServingContext) {
      const text = await textOf(request);
      if (typeof text !== 'string') return text;
      const body = bodyOf(text);
      if (body === null) return malformed('the body is no JSON object with a list of entities');
      return read(context, request.params.service, body.entities, body);
    },
  }),
];
