// What views of other keys cost, for people (control path).
import type { Hop } from '../operators/hop.ts';
import { KEY_SEPARATOR } from '../operators/joined-key.ts';
import type { Topology } from './definition.ts';
import { frontName, groupOf } from './topics.ts';
import { hopsOf } from './hops.ts';
import { declaredName } from './targets.ts';
import { answersTopic } from './parts.ts';

/** Bytes of an answer besides its features: the offset of its event. */
const ANSWER_BYTES = 8;
const FEATURE_BYTES = 4;

export interface HopCost {
  readonly name: string;
  readonly key: readonly string[];
  readonly views: readonly string[];
  /** Of an answer to one event, without what records and batches add. */
  readonly answerBytes: number;
}

export interface HopCosts {
  readonly hops: readonly HopCost[];
  readonly answers: string;
  /** Groups besides the topology's own. */
  readonly groups: readonly string[];
}

export function hopCosts(topology: Topology): HopCosts {
  const { source, features } = topology;
  const name = declaredName(topology);
  const hops = hopsOf(name, source, features);
  return {
    hops: hops.map(({ name: hop, key, views, width }) => ({
      name: hop,
      key,
      views: views.map((view) => view.name),
      answerBytes: ANSWER_BYTES + width * FEATURE_BYTES,
    })),
    answers: answersTopic(name),
    groups: groupsOf(name, hops),
  };
}

/** Of the parts, and of the merges before them. */
function groupsOf(topology: string, hops: readonly Hop[]): string[] {
  if (hops.length === 0) return [];
  const names = [frontName(topology), ...hops.flatMap(({ name }) => [`${name}.merge`, name])];
  return names.map((name) => groupOf(name));
}

/** A line for each hop, and what all of them cost; none without hops. */
export function describeParts(topology: Topology): string[] {
  const { hops, answers, groups } = hopCosts(topology);
  if (hops.length === 0) return [];
  const lines = hops.map(
    ({ name, key, views, answerBytes }) =>
      `  hop         ${name} by ${key.join(KEY_SEPARATOR)}: ${views.join(', ')}; its columns twice more, and an answer of ${answerBytes} bytes`,
  );
  return [
    ...lines,
    `  answers     ${answers}: a prediction waits three epochs longer, for all hops at once`,
    `  groups      ${groups.join(', ')}`,
  ];
}
