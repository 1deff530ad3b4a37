// The columns of FlightEvent, written by `millrace types schemas/flights-value.avsc`: change the schema and run it again.
import {
  avroColumns,
  double,
  enumeration,
  int,
  nullable,
  string,
  timestamp,
  type ColumnType,
} from 'millrace';

export type FlightEventColumns = {
  /** weather: an hour's observation. scheduled: one hour before the scheduled departure, when a flight is scored. departed. arrived: departure plus air time. cancelled: at the scheduled departure; no label will come. */
  readonly type: ColumnType<'enum'>;
  /** One for all events of a flight: UA1545-EWR-20130101-0515 (flight, origin, local date and time of the scheduled departure). Weather: EWR-wx-376950 (origin, hours since the epoch). */
  readonly id: ColumnType<'string'>;
  /** One for each event, for deduplication: the type and the id, scheduled/UA1545-EWR-20130101-0515; a weather event's id alone. */
  readonly eventId: ColumnType<'string'>;
  /** EWR, JFK or LGA. */
  readonly origin: ColumnType<'string'>;
  /** When it happened. */
  readonly eventTime: ColumnType<'timestamp'>;
  /** Airline designator: UA. */
  readonly carrier: ColumnType<'string?'>;
  /** Destination airport: IAH. */
  readonly dest: ColumnType<'string?'>;
  /** Airline designator and number: UA1545. */
  readonly flight: ColumnType<'string?'>;
  /** Registration of the aircraft that flew: in departed and arrived only. The source lacks it for cancelled flights alone, so an hour before departure its absence would tell. */
  readonly tailnum: ColumnType<'string?'>;
  /** Scheduled departure. */
  readonly scheduledDep: ColumnType<'timestamp?'>;
  /** Scheduled time gate to gate, minutes. */
  readonly scheduledBlock: ColumnType<'double?'>;
  /** Miles between the airports. */
  readonly distance: ColumnType<'double?'>;
  /** Of the scheduled departure, New York's clocks: 0 to 23. */
  readonly hour: ColumnType<'int?'>;
  /** Of the scheduled departure, New York's clocks: 0 to 1439. */
  readonly minuteOfDay: ColumnType<'int?'>;
  /** Of the scheduled departure, New York's calendar: Monday 1 to Sunday 7. */
  readonly dayOfWeek: ColumnType<'int?'>;
  /** Of the scheduled departure, New York's calendar: 1 to 12. */
  readonly month: ColumnType<'int?'>;
  /** Departure after schedule, minutes, negative when early. In departed only. */
  readonly depDelay: ColumnType<'double?'>;
  /** Arrival after schedule, minutes, negative when early: the label's source. In arrived only. */
  readonly arrDelay: ColumnType<'double?'>;
  /** Minutes in the air. In arrived only. */
  readonly airTime: ColumnType<'double?'>;
  /** Temperature, degrees Fahrenheit. This and what follows: in weather only. */
  readonly temp: ColumnType<'double?'>;
  /** Dew point, degrees Fahrenheit. */
  readonly dewp: ColumnType<'double?'>;
  /** Relative humidity, percent. */
  readonly humid: ColumnType<'double?'>;
  /** Where the wind comes from, degrees; null when variable. */
  readonly windDir: ColumnType<'double?'>;
  /** Miles an hour. */
  readonly windSpeed: ColumnType<'double?'>;
  /** Miles an hour; null without gusts. */
  readonly windGust: ColumnType<'double?'>;
  /** Precipitation of the hour, inches. */
  readonly precip: ColumnType<'double?'>;
  /** At sea level, millibars. */
  readonly pressure: ColumnType<'double?'>;
  /** Visibility, miles. */
  readonly visib: ColumnType<'double?'>;
};

export const flightEventColumns: FlightEventColumns = avroColumns(
  {
    type: enumeration(['weather', 'scheduled', 'departed', 'arrived', 'cancelled']),
    id: string,
    eventId: string,
    origin: string,
    eventTime: timestamp,
    carrier: nullable(string),
    dest: nullable(string),
    flight: nullable(string),
    tailnum: nullable(string),
    scheduledDep: nullable(timestamp),
    scheduledBlock: nullable(double),
    distance: nullable(double),
    hour: nullable(int),
    minuteOfDay: nullable(int),
    dayOfWeek: nullable(int),
    month: nullable(int),
    depDelay: nullable(double),
    arrDelay: nullable(double),
    airTime: nullable(double),
    temp: nullable(double),
    dewp: nullable(double),
    humid: nullable(double),
    windDir: nullable(double),
    windSpeed: nullable(double),
    windGust: nullable(double),
    precip: nullable(double),
    pressure: nullable(double),
    visib: nullable(double),
  },
  '{"type":"record","name":"FlightEvent","namespace":"millrace.demo","doc":"What happens to flights from New York, and the weather there. Key: origin. An event carries only what was known at its eventTime; a field that its type has no value for is null. Flight events carry the flight\'s schedule.","fields":[{"name":"type","type":{"type":"enum","name":"FlightEventType","symbols":["weather","scheduled","departed","arrived","cancelled"]},"doc":"weather: an hour\'s observation. scheduled: one hour before the scheduled departure, when a flight is scored. departed. arrived: departure plus air time. cancelled: at the scheduled departure; no label will come."},{"name":"id","type":"string","doc":"One for all events of a flight: UA1545-EWR-20130101-0515 (flight, origin, local date and time of the scheduled departure). Weather: EWR-wx-376950 (origin, hours since the epoch)."},{"name":"eventId","type":"string","doc":"One for each event, for deduplication: the type and the id, scheduled/UA1545-EWR-20130101-0515; a weather event\'s id alone."},{"name":"origin","type":"string","doc":"EWR, JFK or LGA."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it happened."},{"name":"carrier","type":["null","string"],"default":null,"doc":"Airline designator: UA."},{"name":"dest","type":["null","string"],"default":null,"doc":"Destination airport: IAH."},{"name":"flight","type":["null","string"],"default":null,"doc":"Airline designator and number: UA1545."},{"name":"tailnum","type":["null","string"],"default":null,"doc":"Registration of the aircraft that flew: in departed and arrived only. The source lacks it for cancelled flights alone, so an hour before departure its absence would tell."},{"name":"scheduledDep","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null,"doc":"Scheduled departure."},{"name":"scheduledBlock","type":["null","double"],"default":null,"doc":"Scheduled time gate to gate, minutes."},{"name":"distance","type":["null","double"],"default":null,"doc":"Miles between the airports."},{"name":"hour","type":["null","int"],"default":null,"doc":"Of the scheduled departure, New York\'s clocks: 0 to 23."},{"name":"minuteOfDay","type":["null","int"],"default":null,"doc":"Of the scheduled departure, New York\'s clocks: 0 to 1439."},{"name":"dayOfWeek","type":["null","int"],"default":null,"doc":"Of the scheduled departure, New York\'s calendar: Monday 1 to Sunday 7."},{"name":"month","type":["null","int"],"default":null,"doc":"Of the scheduled departure, New York\'s calendar: 1 to 12."},{"name":"depDelay","type":["null","double"],"default":null,"doc":"Departure after schedule, minutes, negative when early. In departed only."},{"name":"arrDelay","type":["null","double"],"default":null,"doc":"Arrival after schedule, minutes, negative when early: the label\'s source. In arrived only."},{"name":"airTime","type":["null","double"],"default":null,"doc":"Minutes in the air. In arrived only."},{"name":"temp","type":["null","double"],"default":null,"doc":"Temperature, degrees Fahrenheit. This and what follows: in weather only."},{"name":"dewp","type":["null","double"],"default":null,"doc":"Dew point, degrees Fahrenheit."},{"name":"humid","type":["null","double"],"default":null,"doc":"Relative humidity, percent."},{"name":"windDir","type":["null","double"],"default":null,"doc":"Where the wind comes from, degrees; null when variable."},{"name":"windSpeed","type":["null","double"],"default":null,"doc":"Miles an hour."},{"name":"windGust","type":["null","double"],"default":null,"doc":"Miles an hour; null without gusts."},{"name":"precip","type":["null","double"],"default":null,"doc":"Precipitation of the hour, inches."},{"name":"pressure","type":["null","double"],"default":null,"doc":"At sea level, millibars."},{"name":"visib","type":["null","double"],"default":null,"doc":"Visibility, miles."}]}',
);
