// Which records a request is about (types, and their numbers on the wire).

/** `committed`: those before the first open transaction, and of those that were not aborted; `uncommitted`: all. */
export type Isolation = 'committed' | 'uncommitted';

export const ISOLATION_LEVELS: Readonly<Record<Isolation, number>> = { uncommitted: 0, committed: 1 };
