// Ends the process of a model's trial by signals, and prints what each trial was rejected with. It is a program of its
// own: the loaders of the test runner take signals in JavaScript, which a process that is busy in a model never does.
import { readdirSync, readFileSync } from 'node:fs';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { goldenBatch } from '../../src/learning/golden-batch.ts';
import type { Trial } from '../../src/ports/scorer.ts';
import { endlessLoop } from './hostile-models.ts';
import { softsignModel } from './softsign-model.ts';

const WIDTH = 4;
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;

function trialOf(model: Uint8Array): Trial {
  const golden = goldenBatch(['a', 'b', 'c', 'd'], null);
  return { version: 'v1', model, inputWidth: WIDTH, golden, low: 0, high: 1 };
}

/** The children of this process (proc_pid_stat(5)). */
function children(): number[] {
  const parentOf = (pid: number): number => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return 0; // it has ended meanwhile
    }
  };
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => parentOf(pid) === process.pid);
}

const scorers = await OnnxScorers.open({ providers: ['cpu'] });
const codes: Record<string, unknown> = {};
for (const signal of SIGNALS) {
  await scorers.trial(trialOf(softsignModel(new Float32Array(WIDTH))));
  const ended = scorers.trial(trialOf(endlessLoop(WIDTH))).catch((error: { code?: unknown }) => error.code);
  await new Promise((resolve) => setImmediate(resolve));
  for (const pid of children()) process.kill(pid, signal);
  codes[signal] = await ended;
}
await scorers.close();
process.stdout.write(JSON.stringify(codes));
