// The clock that all processes of the latency bench share (hot path): CLOCK_MONOTONIC, microseconds.

const NS_PER_MICRO = 1_000n;

export function nowMicros(): number {
  return Number(process.hrtime.bigint() / NS_PER_MICRO);
}
