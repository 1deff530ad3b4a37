// Models over REST (control path).
import type { ModelManifest } from '../../core/reports.ts';
import type { HttpRequest } from '../../ports/web-server.ts';
import { withToken } from '../auth.ts';
import { json, problem } from '../response.ts';
import type { Route } from '../router.ts';

/** Commands resolve with the version that is champion when they have taken effect; they throw MODEL_UNKNOWN. */
export interface ModelCommands {
  list(topology: string): Promise<readonly ModelManifest[]>;
  promote(topology: string, version: string): Promise<string>;
  rollback(topology: string): Promise<string>;
}

const REMEDY = 'Send {"topology": "flights", "version": "3"}; a rollback takes no version.';

function fieldsOf(request: HttpRequest): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** `topology` is the one that is meant where a request names none. */
export function modelRoutes(
  commands: ModelCommands,
  topology: string,
  token: string | null,
): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/models',
      handler: async (request) => {
        const manifests = await commands.list(request.query.get('topology') ?? topology);
        // The drift reference is hundreds of kilobytes of samples and of use to the engine alone.
        const models = manifests.map((manifest) => ({ ...manifest, reference: undefined }));
        return json(200, { models });
      },
    },
    {
      method: 'POST',
      path: '/api/models/promote',
      handler: withToken(token, async (request) => {
        const { topology: of = topology, version } = fieldsOf(request) ?? {};
        if (typeof of !== 'string' || typeof version !== 'string') {
          return problem(400, 'BODY_MALFORMED', 'the body names no version', REMEDY);
        }
        return json(200, { topology: of, champion: await commands.promote(of, version) });
      }),
    },
    {
      method: 'POST',
      path: '/api/models/rollback',
      handler: withToken(token, async (request) => {
        const { topology: of = topology } =
          request.body === '' ? {} : (fieldsOf(request) ?? { topology: null });
        if (typeof of !== 'string') return problem(400, 'BODY_MALFORMED', 'the body is not JSON', REMEDY);
        return json(200, { topology: of, champion: await commands.rollback(of) });
      }),
    },
  ];
}
