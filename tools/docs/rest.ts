/** docs/reference/rest.md, from the declared routes of the engine. Control path. */
import { engineRoutes } from '../../src/serving/routes/engine-routes.ts';
import type { RouteDescription } from '../../src/ports/route.ts';
import { code, table } from './markdown.ts';

function section(route: RouteDescription): string {
  const { method, path, access, description, parameters = {}, body, responses = {} } = route;
  const parts = [
    `## ${method} ${path}`,
    access === 'open' ? description : `${description} Requires the role \`${access}\`.`,
  ];
  const names = Object.entries(parameters);
  if (names.length > 0)
    parts.push(
      table(
        ['parameter', 'in', 'meaning'],
        names.map(([name, text]) => [code(name), path.includes(`:${name}`) ? 'path' : 'query', text]),
      ),
    );
  if (body !== undefined) parts.push(`Body: ${body}.`);
  parts.push(
    table(
      ['status', 'response'],
      Object.entries(responses).map(([status, text]) => [status, text]),
    ),
  );
  return parts.join('\n\n');
}

/** One section per route, in the order of their declaration. */
export function restReference(): string {
  return engineRoutes.map(section).join('\n\n');
}
