// What fingerprints have of an aggregate besides its definition (control path).
import type { Aggregate } from './aggregate.ts';
import { predicateContent } from './predicate.ts';

/** Everything that decides which values an aggregate sees. Its buckets and their column are among the parameters. */
export function aggregateContent({ parameters, column, clip, where, over }: Aggregate): unknown[] {
  return [parameters, column, clip, predicateContent(where), over.definition.name, over.key];
}
