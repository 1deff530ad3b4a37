// Features do not depend on later events: if the future is replaced by random values, no bit of an earlier feature changes.
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import {
  loadFlightsDataset,
  NOT_AVAILABLE,
  type FlightColumns,
  type FlightsDataset,
  type WeatherColumns,
} from '../../demo/dataset.ts';
import { flightEventMin } from '../../demo/flight-event.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import { MS_PER_MINUTE } from '../../src/core/time.ts';
import { Random } from '../../src/stats/random.ts';
import { TopologyDriver, type DriverPrediction } from '../../src/testing/index.ts';
import flights from '../../topologies/flights.ts';
import { avroDecoder } from '../support/avro-source.ts';

const FROM_MS = Date.UTC(2013, 1, 4);
const CUTOFF_MS = Date.UTC(2013, 1, 11, 17);
const UNTIL_MS = Date.UTC(2013, 1, 13);
const CUTOFF_MIN = CUTOFF_MS / MS_PER_MINUTE;
const MINUTES_PER_HOUR = 60;
/** Flights further from the cutoff are irrelevant. */
const NEAR_MIN = 20_000;

/** Replaces every outcome that is not known at the cutoff; known ones are unchanged. */
function scrambleFlights(columns: FlightColumns, random: Random): FlightColumns {
  const out = {
    ...columns,
    tailnum: columns.tailnum.slice(),
    depDelayMin: columns.depDelayMin.slice(),
    arrDelayMin: columns.arrDelayMin.slice(),
    airTimeMin: columns.airTimeMin.slice(),
  };
  const later = (): number => 1 + random.nextInt(600);
  for (let row = 0; row < columns.rowCount; row++) {
    const scheduledMin = columns.scheduledDepMin[row] as number;
    if (Math.abs(scheduledMin - CUTOFF_MIN) > NEAR_MIN) continue;
    const departedMin = flightEventMin(columns, row, 'departed');
    const hasLeft = departedMin >= 0 && departedMin <= CUTOFF_MIN;
    const isCancelled = departedMin < 0 && scheduledMin <= CUTOFF_MIN;
    if (isCancelled) continue;
    if (!hasLeft) {
      out.tailnum[row] = random.nextInt(columns.tailnums.length);
      const cancels = scheduledMin > CUTOFF_MIN && random.nextInt(3) === 0;
      out.depDelayMin[row] = cancels ? NOT_AVAILABLE : Math.max(CUTOFF_MIN - scheduledMin, -20) + later();
      if (cancels) {
        out.airTimeMin[row] = NOT_AVAILABLE;
        out.arrDelayMin[row] = NOT_AVAILABLE;
        continue;
      }
    }
    const arrivedMin = flightEventMin(columns, row, 'arrived');
    if (hasLeft && arrivedMin >= 0 && arrivedMin <= CUTOFF_MIN) continue;
    const leftMin = scheduledMin + (out.depDelayMin[row] as number);
    out.airTimeMin[row] = Math.max(CUTOFF_MIN - leftMin, 0) + later();
    out.arrDelayMin[row] = later() - 300;
  }
  return out;
}

function scrambleWeather(columns: WeatherColumns, random: Random): WeatherColumns {
  const scrambled = (values: Float64Array): Float64Array =>
    values.map((value, row) =>
      (columns.hour[row] as number) * MINUTES_PER_HOUR <= CUTOFF_MIN ? value : 100 * random.nextDouble(),
    );
  return {
    ...columns,
    temp: scrambled(columns.temp),
    dewp: scrambled(columns.dewp),
    windDir: scrambled(columns.windDir),
    windSpeed: scrambled(columns.windSpeed),
    precip: scrambled(columns.precip),
    pressure: scrambled(columns.pressure),
    visib: scrambled(columns.visib),
  };
}

async function predictionsOf(dataset: FlightsDataset): Promise<readonly DriverPrediction[]> {
  const folder = new URL('../../schemas', import.meta.url).pathname;
  const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [folder] }));
  const { schema } = await avroDecoder(codec, 'flights-value', flights.source.eventTime);
  const driver = new TopologyDriver(flights, { schema });
  const span = { dataset, fromMs: FROM_MS, untilMs: UNTIL_MS };
  for (const events of replayAtOnce(span)) await driver.send(events.map((event) => ({ ...event })));
  return driver.predictions;
}

const featuresOf = (predictions: readonly DriverPrediction[]): unknown =>
  predictions.map(({ key, features }) => ({ key, features }));

t.test('features do not change if the future does', async (t) => {
  const dataset = loadFlightsDataset();
  const random = new Random(3);
  const scrambled = {
    flights: scrambleFlights(dataset.flights, random),
    weather: scrambleWeather(dataset.weather, random),
  };
  const known = await predictionsOf(dataset);
  const other = await predictionsOf(scrambled);
  const before = (predictions: readonly DriverPrediction[]): DriverPrediction[] =>
    predictions.filter(({ eventTimeMs }) => eventTimeMs <= CUTOFF_MS);
  t.ok(before(known).length > 5_000, `${before(known).length} predictions before the cutoff`);
  t.strictSame(
    featuresOf(before(other)),
    featuresOf(before(known)),
    'all features of all predictions are identical',
  );
  const after = (predictions: readonly DriverPrediction[]): string =>
    JSON.stringify(featuresOf(predictions.slice(before(predictions).length)));
  t.not(after(other), after(known), 'later features do change');
});
