// The schemas of a project that has none, for formats that need none.
import type { Schemas } from '../../src/ports/schemas.ts';

export const noSchemas: Schemas = {
  name: 'none',
  read: () => Promise.reject(new Error('there are no schemas')),
  idOf: () => Promise.reject(new Error('there are no schemas')),
  isSettled: () => true,
  lookUp: () => Promise.resolve(),
  known: () => undefined,
  refusal: () => undefined,
};
