// Columns of an external training's files that are no features (control path): their names, and which events the rows are of.
import type { ColumnSource } from 'hyparquet-writer';
import { z } from 'zod';
import type { FeatureSpec } from '../../../core/feature-spec.ts';
import { textAt, textRows, textsOf } from '../../../core/text-column.ts';
import type { RowIdentities } from '../../../ports/history.ts';

/** In their order in the files. */
const EXTRAS = ['label', 'event_time', 'weight'] as const;
/** The same of rows with identities. */
const IDENTITIES = ['id', 'entity'] as const;
type Extra = (typeof EXTRAS)[number];
type Identity = (typeof IDENTITIES)[number];

/** What the columns beside the features are called. */
export interface ColumnNames {
  readonly columns: Readonly<Record<Extra, string> & Partial<Record<Identity, string>>>;
  /** By view, the column with the entity of each row. */
  readonly entities: Readonly<Record<string, string>>;
}

const entitiesSchema = z.record(z.string(), z.string());

/** Names that no feature has: `label`, or `label_`. @param parts the rows of all files, undefined if they have no identities */
export function columnNames(
  features: readonly FeatureSpec[],
  ...parts: ReadonlyArray<RowIdentities | undefined>
): ColumnNames {
  const taken = new Set(features.map(({ name }) => name));
  const free = (name: string): string => {
    if (taken.has(name)) return free(`${name}_`);
    taken.add(name);
    return name;
  };
  const extras = parts.includes(undefined) ? EXTRAS : [...EXTRAS, ...IDENTITIES];
  return {
    columns: Object.fromEntries(extras.map((extra) => [extra, free(extra)])) as ColumnNames['columns'], // all of EXTRAS
    entities: Object.fromEntries(viewsOf(parts).map((view) => [view, free(`entity.${view}`)])),
  };
}

/** Views of which any row has an entity, by name. */
function viewsOf(parts: ReadonlyArray<RowIdentities | undefined>): string[] {
  const views = new Set<string>();
  let last = '';
  for (const part of parts) {
    if (part === undefined) continue;
    for (let row = 0; row < part.entities.bounds.length - 1; row += 1) {
      const text = textAt(part.entities, row);
      if (text === last) continue;
      last = text;
      for (const view of Object.keys(entitiesSchema.parse(JSON.parse(text)))) views.add(view);
    }
  }
  return [...views].sort();
}

/** Of rows [from, to); an entity is null where a column of the view's key was null, or the view did not exist yet. */
export function identityColumns(
  { columns, entities }: ColumnNames,
  identities: RowIdentities | undefined,
  from: number,
  to: number,
): ColumnSource[] {
  const { id, entity } = columns;
  if (identities === undefined || id === undefined || entity === undefined) return [];
  const all = textsOf(textRows(identities.entities, from, to)).map((text) =>
    entitiesSchema.parse(JSON.parse(text)),
  );
  return [
    { name: id, type: 'STRING', data: textsOf(textRows(identities.ids, from, to)) },
    { name: entity, type: 'STRING', data: textsOf(textRows(identities.keys, from, to)) },
    ...Object.entries(entities).map(([view, name]): ColumnSource => ({
      name,
      type: 'STRING',
      nullable: true,
      data: all.map((own) => (own[view] === '' ? null : (own[view] ?? null))),
    })),
  ];
}
