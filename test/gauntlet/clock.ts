// Preloaded into an engine's process: its wall clock is ahead of the world's by GAUNTLET_CLOCK_MS.
const aheadMs = Number(process.env['GAUNTLET_CLOCK_MS'] ?? 0);

if (aheadMs !== 0) {
  const RealDate = Date;
  const now = (): number => RealDate.now() + aheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: readonly unknown[]) =>
      args.length === 0 ? new target(now()) : (Reflect.construct(target, args) as Date),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
