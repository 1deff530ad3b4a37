// Kafka's own Java client, run from its source with the broker's jars.
import { join } from 'node:path';
import { ensureCommand } from '../../../tools/services/install.ts';
import { brokerClassPath, javaForBroker } from '../../../tools/services/kafka/distribution.ts';
import { LineProcess } from './line-process.ts';

const SOURCE = join(import.meta.dirname, 'WorldClient.java');
const FLAGS = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export function startJavaClient(brokers: string): LineProcess {
  // A source file is compiled by the launcher, which a runtime alone lacks.
  ensureCommand('javac', 'default-jdk-headless', 'the Java client of the gauntlet');
  return new LineProcess('the Java client', javaForBroker(), [
    ...FLAGS,
    '-cp',
    brokerClassPath(),
    SOURCE,
    brokers,
  ]);
}
