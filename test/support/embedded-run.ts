/** The entry of a process that runs `start --exit` with another topology on the demo's events: TOPOLOGY UNTIL REPORT. */
import { start } from '../../demo/start.ts';
import { readConfig } from '../../src/app/settings/config.ts';

const [topology = '', until = '', report = ''] = process.argv.slice(2);
const options = { fromMs: undefined, untilMs: Date.parse(until), speedUp: 'max', exit: true } as const;
await start(readConfig(process.env), { ...options, report, topology });
process.exit();
