// Makes the function that declares a window in a topology (control path).
import { MillraceError } from '../core/errors.ts';
import { stableJson } from '../core/stable-json.ts';
import type { WindowSpec, WindowDefinition } from './window.ts';

const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Makes the function that declares a window in a topology.
 * @returns a function from the window's parameters, plain data, to what stands in `over`
 * @throws MillraceError TOPOLOGY_INVALID
 * @example
 * export const session = defineWindow({
 *   name: 'session',
 *   memoryMs: ({ maxMs }: { gapMs: number; maxMs: number }) => maxMs,
 *   open: (windows, context) => windows.map((window) => new SessionState(window, context)),
 * });
 * // in a view: { clicks: count({ over: session({ gapMs: minutes(30), maxMs: hours(24) }) }) }
 */
export function defineWindow<P extends object>(
  definition: WindowDefinition<P>,
): (parameters: P) => WindowSpec {
  const { name } = definition;
  if (!NAME.test(name)) {
    throw new MillraceError('TOPOLOGY_INVALID', `a window cannot be named '${name}'`, {
      remedy: 'Use lower-case letters, digits and dashes.',
    });
  }
  return (parameters) => {
    const memoryMs = definition.memoryMs(parameters);
    if (!(memoryMs >= 0)) {
      throw new MillraceError('TOPOLOGY_INVALID', `a ${name} window reaches back ${memoryMs} ms`, {
        where: stableJson(parameters),
        remedy: 'Give sizes and gaps in milliseconds.',
      });
    }
    const lengthMs = definition.lengthMs?.(parameters) ?? memoryMs;
    return { definition, parameters, key: stableJson(parameters), memoryMs, lengthMs };
  };
}
