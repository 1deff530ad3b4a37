// The target that a request names (control path).
import { suggestion } from '../../core/unknown-keys.ts';
import type { HttpResponse } from '../../ports/web-server.ts';
import { reply } from '../response.ts';
import type { ServingContext } from '../serving-context.ts';

/** What a request names, as it came. */
export interface NamedTarget {
  /** A topology, or the topology that has a target. */
  readonly topology: string | null;
  /** The id of a score stage. */
  readonly target: string | null;
}

/**
 * The topology that has the target, or the response to a request that names none. Without several targets it is the topology
 * that runs here, unless the request names another.
 * @param isChange whether the request changes something: then a target must be named where there are several
 */
export function topologyNamed(
  { topology, targets }: Pick<ServingContext, 'topology' | 'targets'>,
  given: NamedTarget,
  isChange: boolean,
): string | HttpResponse {
  const names = targets.map(({ name }) => name);
  if (given.target !== null) {
    const found = targets.find(({ name }) => name === given.target);
    if (found !== undefined) return found.topology;
    const what = `there is no target '${given.target}'${suggestion(given.target, names)}`;
    return reply.error(
      404,
      'TARGET_UNKNOWN',
      what,
      'Name the id of a score stage, or leave the target out where there is one.',
    );
  }
  if (given.topology !== null) return given.topology;
  if (!isChange || targets.length === 0) return topology;
  const what = `the topology has several targets: ${names.join(', ')}`;
  return reply.error(400, 'TARGET_MISSING', what, `Name one: "target": "${names[0] ?? ''}".`);
}
