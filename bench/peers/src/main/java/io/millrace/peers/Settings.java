package io.millrace.peers;

/** What the bench passes by -D. */
final class Settings {
  static final String BROKERS = System.getProperty("brokers");
  static final String IN = System.getProperty("in");
  static final String OUT = System.getProperty("out");
  /** Of ONNX, with one input of 16 columns and one output. */
  static final String MODEL = System.getProperty("model");
  /** Events after which the process prints its figures and ends. */
  static final long EVENTS = Long.getLong("events");
  /** Where state and checkpoints go. */
  static final String FOLDER = System.getProperty("folder");
  /** Rows that are scored at once, unless 10 ms have passed. */
  static final int BATCH_ROWS = 512;
  static final int BATCH_MS = 10;

  private Settings() {}
}
