/** Preloaded into a process, lets it run as on a machine that cannot load the binary of uWebSockets.js. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'uWebSockets.js') throw new Error('no such binary for this machine');
    return next(specifier, context);
  },
});
