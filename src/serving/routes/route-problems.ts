// Checks the routes of a project (control path).
import type { Route, RouteDescription } from '../../ports/route.ts';
import { engineRoutes } from './engine-routes.ts';
import { dashboardPaths } from './static-files.ts';

type Place = Pick<RouteDescription, 'method' | 'path'>;

/** Whether a request could match both; a parameter matches every segment that is not empty. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const fits = (pattern: string, part: string): boolean => pattern.startsWith(':') && part !== '';
  return (
    a.length === b.length &&
    a.every((part, i) => part === b[i] || fits(part, b[i] ?? '') || fits(b[i] ?? '', part))
  );
}

/** Malformed paths, and paths that overlap with those of the engine or of another route of the project. */
export function routeProblems(routes: readonly Route[]): string[] {
  const taken: Place[] = [
    ...dashboardPaths.map((path) => ({ method: 'GET' as const, path })),
    ...engineRoutes,
  ];
  return routes.flatMap(({ method, path }) => {
    const name = `route ${method} ${path}`;
    if (!/^(\/:?[\w.~-]+)+$/.test(path)) return [`${name}: the path is malformed`];
    const segments = path.split('/');
    const same = taken.find((other) => other.method === method && overlap(segments, other.path.split('/')));
    taken.push({ method, path });
    return same === undefined ? [] : [`${name}: it overlaps with ${same.method} ${same.path}`];
  });
}
