// What changes between two lists of stages over one source, as `millrace check --against` says it.
import {
  defineTopology,
  double,
  features,
  json,
  list,
  nullable,
  numeric,
  score,
  source,
  string,
  timestamp,
  type Stage,
} from '../../src/index.ts';
import { changesBetween } from '../../src/topology/compatibility.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { descriptionOf, parseDescription, type TopologyDescription } from '../../src/topology/description.ts';

const schema = {
  id: string,
  s: nullable(string),
  a: double,
  b: double,
  flag: double,
  at: timestamp,
  xs: list(double),
  ys: list(double),
  names: list(string),
};
/** Features, for topologies that are about something else. */
export const a: Stage = features({ fields: { a: numeric('a') } });

/** As a file has it. @param treated options of the source */
export function described(stages: readonly Stage[], treated: object = {}): TopologyDescription {
  const events = source('events', { schema, eventTime: 'at', format: json(), ...treated });
  const topology = defineTopology({ name: 'events', source: events, stages });
  return parseDescription(JSON.stringify(descriptionOf(topology, schemaOf(schema))), 'test');
}

export function changes(before: readonly Stage[], after: readonly Stage[]): string[] {
  return changesBetween(described(before), described(after)).map(
    ({ who, breaks, what }) => `${who} ${breaks ? 'break' : 'fit'}: ${what}`,
  );
}

/** Before features, and scored. */
export function scored(...stages: readonly Stage[]): readonly Stage[] {
  return [...stages, a, score({ key: 'id' })];
}
