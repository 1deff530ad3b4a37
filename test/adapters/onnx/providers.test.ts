import t from 'tap';
import { probeProviders } from '../../../src/adapters/onnx/providers.ts';

t.test('the first provider that works is in use, with the reasons why those before it are not', async (t) => {
  const { inUse, refused } = await probeProviders();
  const order = ['cuda', 'webgpu', 'cpu'];
  t.same(
    refused.map(({ provider }) => provider),
    order.slice(0, order.indexOf(inUse)),
  );
  for (const { provider, why } of refused)
    t.ok(why.length > 10 && !why.includes('\n'), `${provider}: ${why}`);
});

t.test('cpu is always available and is not probed', async (t) => {
  t.same(await probeProviders(['cpu']), { inUse: 'cpu', refused: [] });
  t.same(await probeProviders([]), { inUse: 'cpu', refused: [] });
});
