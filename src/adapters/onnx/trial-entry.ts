// Entry of the process that tries models (control path): one after the other, under the eyes of a watchdog thread.
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { moduleBeside } from '../../core/module-url.ts';
import { mebibytesOf, type TrialAnswer, type TrialQuestion, type WatchdogData } from './trial-messages.ts';
import { scoreRun, tryModel } from './trial-run.ts';

const trial = new Int32Array(new SharedArrayBuffer(8));
const workerData: WatchdogData = { trial };
let trials = 0;

function send(answer: TrialAnswer): void {
  process.send?.(answer);
}

async function answerOf(question: TrialQuestion): Promise<TrialAnswer> {
  if (question.kind === 'score') return { kind: 'scored', scores: await scoreRun(question.run) };
  await tryModel(question.trial);
  return { kind: 'tried', error: null };
}

async function answer(question: TrialQuestion): Promise<void> {
  trials += 1;
  Atomics.store(trial, 1, mebibytesOf(question));
  Atomics.store(trial, 0, trials);
  try {
    send(await answerOf(question));
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : 'MODEL_FAILED';
    send({ kind: 'tried', error: { code, message: messageOf(error) } });
  } finally {
    Atomics.store(trial, 0, 0);
  }
}

try {
  // Linux: where memory runs out for all, this process goes first, not the engine.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Another system, or no permission: the watchdog is the bound.
}
process.on('message', (question: TrialQuestion) => void answer(question));
process.on('disconnect', () => process.exit(0));
const watchdog = new Worker(moduleBeside(import.meta.url, './trial-watchdog'), { workerData });
watchdog.once('online', () => send({ kind: 'ready' }));
watchdog.once('error', () => process.exit(1));
