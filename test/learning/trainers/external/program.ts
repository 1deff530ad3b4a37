// A program that "trains" (for tests): what it does is in the request. Its model is in the request as well.
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Request {
  readonly refit: boolean;
  readonly params: {
    /** Base64. */
    readonly model: string;
    readonly copyTo?: string;
    readonly pidFile?: string;
    readonly act?: 'fail' | 'no model' | 'hang' | 'eat' | 'bad metrics' | 'shout';
  };
}

const folder = process.argv.at(-1) ?? '';
const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')) as Request;
const { model, copyTo, pidFile, act } = request.params;
if (copyTo !== undefined)
  cpSync(folder, join(copyTo, request.refit ? 'refit' : 'first'), { recursive: true });
if (pidFile !== undefined) {
  // It outlives its parent unless something ends it.
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  child.unref();
  writeFileSync(pidFile, String(child.pid));
}
if (act !== 'shout') console.log('environment', JSON.stringify(process.env));
if (act === 'shout') for (let i = 0; i < 20_000; i += 1) console.log(`line ${i} of many`);
if (act === 'fail') {
  console.error('Traceback: no module named lightgbm');
  process.exitCode = 3;
} else if (act === 'hang' || act === 'eat') {
  const eaten: Buffer[] = [];
  setInterval(() => {
    if (act === 'eat') eaten.push(Buffer.alloc(32 * 1_048_576, 1));
  }, 20);
} else {
  if (act !== 'no model') writeFileSync(join(folder, 'model.onnx'), Buffer.from(model, 'base64'));
  const metrics =
    act === 'bad metrics' ? '[1]' : '{ "logLoss": 0.25, "auc": NaN, "chosen": { "rounds": 7 } }';
  writeFileSync(join(folder, 'metrics.json'), metrics);
}
