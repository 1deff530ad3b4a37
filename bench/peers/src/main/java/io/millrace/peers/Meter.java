package io.millrace.peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** CPU of the process from its first event to its last acknowledged output, whole and of the second half. */
public final class Meter {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final AtomicLong ACKNOWLEDGED = new AtomicLong();
  private static final DoubleAdder SCORES = new DoubleAdder();
  private static volatile boolean started;
  private static long startedNs, startedCpuNs, halfNs, halfCpuNs;

  private Meter() {}

  static void first() {
    if (!started) start();
  }

  private static synchronized void start() {
    if (started) return;
    startedNs = System.nanoTime();
    startedCpuNs = SYSTEM.getProcessCpuTime();
    started = true;
  }

  static void scored(float[] scores, int rows) {
    double sum = 0;
    for (int i = 0; i < rows; i++) sum += scores[i];
    SCORES.add(sum);
  }

  private static void acknowledged() {
    final long count = ACKNOWLEDGED.incrementAndGet();
    if (count == Settings.EVENTS / 2) {
      halfNs = System.nanoTime();
      halfCpuNs = SYSTEM.getProcessCpuTime();
    }
    if (count == Settings.EVENTS) report();
  }

  private static void report() {
    final long nowNs = System.nanoTime();
    final long cpuNs = SYSTEM.getProcessCpuTime();
    final long events = Settings.EVENTS;
    final long half = events - events / 2;
    System.out.printf(
        Locale.ROOT,
        "{\"perSecond\":%.0f,\"cpuMicros\":%.4f,\"secondHalfCpuMicros\":%.4f,\"meanScore\":%.6f}%n",
        events * 1e9 / (nowNs - startedNs),
        (cpuNs - startedCpuNs) / 1e3 / events,
        (cpuNs - halfCpuNs) / 1e3 / half,
        SCORES.sum() / events);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  /** Counts what the broker acknowledged. */
  public static final class Acknowledgements implements ProducerInterceptor<byte[], byte[]> {
    @Override
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
      return record;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
      if (exception != null) System.err.println("a record was not sent: " + exception);
      else if (metadata.topic().equals(Settings.OUT)) acknowledged();
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> configs) {}
  }
}
