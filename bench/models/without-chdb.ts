// Preloaded into the engine that swaps: its history is in SQLite. chdb has the caches of a ClickHouse server, which grow for hours
// up to their bounds, and its threads: what they take is nothing that a swap does.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'chdb' && !specifier.startsWith('chdb/')) return next(specifier, context);
    throw Object.assign(new Error('it is left out of this measurement'), { code: 'ERR_MODULE_NOT_FOUND' });
  },
});
