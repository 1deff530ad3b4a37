// librdkafka through Confluent's Python client.
import { join } from 'node:path';
import { confluentPython } from '../../support/python.ts';
import { LineProcess } from './line-process.ts';

const SOURCE = join(import.meta.dirname, 'world_client.py');

export function startPythonClient(brokers: string): LineProcess {
  return new LineProcess('the Python client', confluentPython(), [SOURCE, brokers, String(process.pid)]);
}
