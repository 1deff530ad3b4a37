// The files of the dashboard (control path): read once, served from memory, revalidated by ETag.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Route } from '../../ports/route.ts';
import type { HttpRequest, HttpResponse } from '../../ports/web-server.ts';
import { DASHBOARD_FILES, requiredBy } from '../access/table.ts';

const JS = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

const DASHBOARD = new URL('../dashboard/', import.meta.url);
/** `import.meta.resolve` returns the main file of the package, in dist. */
const UPLOT = new URL('.', import.meta.resolve('uplot'));

const files: ReadonlyArray<readonly [path: string, file: URL, type: string]> = [
  ['/', new URL('index.html', DASHBOARD), 'text/html; charset=utf-8'],
  ...[
    'theme',
    'layout',
    'timeline',
    'models',
    'tables',
    'columns',
    'quality',
    'import',
    'sign-in',
    'responsive',
  ].map((name) => [`/${name}.css`, new URL(`${name}.css`, DASHBOARD), CSS] as const),
  ...[
    'dashboard',
    'charts',
    'columns',
    'crosshair',
    'drift',
    'figures',
    'format',
    'import',
    'live',
    'models',
    'quality',
    'quality-table',
    'sign-in',
    'targets',
    'theme',
  ].map((name) => [`/${name}.js`, new URL(`${name}.js`, DASHBOARD), JS] as const),
  ['/icon.svg', new URL('icon.svg', DASHBOARD), 'image/svg+xml'],
  ['/uplot.js', new URL('uPlot.esm.js', UPLOT), JS],
  ['/uplot.css', new URL('uPlot.min.css', UPLOT), CSS],
];

/** The paths of the dashboard's files, which are served beside the REST routes. */
export const dashboardPaths: readonly string[] = files.map(([path]) => path);

/** One GET route per file. */
export function staticRoutes(): Promise<readonly Route[]> {
  return Promise.all(
    files.map(async ([path, file, type]): Promise<Route> => {
      const body = await readFile(fileURLToPath(file));
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      const headers = {
        'content-type': type,
        'cache-control': 'no-cache', // cached, but revalidated: an upgrade is visible at once
        etag,
      };
      return {
        method: 'GET',
        path,
        access: requiredBy('routes', DASHBOARD_FILES),
        description: 'A file of the dashboard.',
        handler: (request) => serve(request, { status: 200, headers, body }, etag),
      };
    }),
  );
}

function serve(request: HttpRequest, response: HttpResponse, etag: string): HttpResponse {
  const known = request.headers.get('if-none-match')?.split(/\s*,\s*/) ?? [];
  const same = known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
  return same ? { ...response, status: 304, body: '' } : response;
}
