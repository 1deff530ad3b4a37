import t from 'tap';
import { moduleBeside } from '../../src/core/module-url.ts';

t.test('the neighbour has the extension of the module that asks', async (t) => {
  t.equal(moduleBeside('file:///a/src/app/x.ts', './worker').href, 'file:///a/src/app/worker.ts');
  t.equal(moduleBeside('file:///a/dist/app/x.js', '../main').href, 'file:///a/dist/main.js');
});
