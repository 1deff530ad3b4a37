// Kafka's own Java client as a process that many worlds share: one line a command on standard input, one an answer.
//   produce ID TOPIC CODEC TRANSACTION COUNT, then COUNT lines PARTITION TIMESTAMP KEY VALUE
//     -> "done ID", or "failed ID MESSAGE"; TRANSACTION is none, commit or abort
//   read ID TOPIC -> lines "record ID PARTITION OFFSET TIMESTAMP KEY VALUE" and "done ID"
// Keys and values are in base64, "-" for null, "+" for no bytes.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class WorldClient {
  private static final int BYTES_MAX = 64 << 20;
  private static final PrintStream out = new PrintStream(new java.io.BufferedOutputStream(System.out, 1 << 16));
  private static final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
  private static String brokers;

  public static void main(String[] args) throws Exception {
    System.setOut(System.err); // the client's own log must not break into an answer
    brokers = args[0];
    // Writes are in order; reads go on beside them.
    ExecutorService writes = Executors.newSingleThreadExecutor();
    ExecutorService reads = Executors.newFixedThreadPool(2);
    var in = new BufferedReader(new InputStreamReader(System.in), 1 << 16);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("read")) {
        reads.submit(() -> answer(words[1], () -> read(words[1], words[2])));
        continue;
      }
      List<String> records = new ArrayList<>();
      for (int i = Integer.parseInt(words[5]); i > 0; i--) records.add(in.readLine());
      writes.submit(() -> answer(words[1], () -> produce(words[2], words[3], words[4], records)));
    }
    writes.shutdownNow();
    reads.shutdownNow();
    System.exit(0);
  }

  private interface Action {
    List<String> run() throws Exception;
  }

  private static void answer(String id, Action action) {
    List<String> lines;
    String end = "done " + id;
    try {
      lines = action.run();
    } catch (Throwable failure) {
      lines = List.of();
      end = "failed " + id + " " + String.valueOf(failure).replace('\n', ' ');
    }
    synchronized (out) {
      lines.forEach(out::println);
      out.println(end);
      out.flush();
    }
  }

  private static List<String> produce(String topic, String codec, String transaction, List<String> records)
      throws Exception {
    boolean isTransaction = !transaction.equals("none");
    var producer = producers.computeIfAbsent(codec + (isTransaction ? "-t" : ""), name -> open(codec, isTransaction));
    if (isTransaction) producer.beginTransaction();
    List<Future<?>> sent = new ArrayList<>();
    for (String line : records) {
      String[] words = line.split(" ");
      sent.add(
          producer.send(
              new ProducerRecord<>(
                  topic, Integer.parseInt(words[0]), Long.parseLong(words[1]), bytes(words[2]), bytes(words[3]))));
    }
    producer.flush();
    for (Future<?> future : sent) future.get();
    if (transaction.equals("commit")) producer.commitTransaction();
    if (transaction.equals("abort")) producer.abortTransaction();
    return List.of();
  }

  private static KafkaProducer<byte[], byte[]> open(String codec, boolean isTransaction) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("compression.type", codec);
    settings.put("max.request.size", BYTES_MAX);
    settings.put("buffer.memory", 2L * BYTES_MAX);
    settings.put("batch.size", 1 << 20);
    settings.put("linger.ms", 5);
    settings.put("delivery.timeout.ms", 30_000);
    settings.put("request.timeout.ms", 20_000);
    if (isTransaction) settings.put("transactional.id", "world-client-" + codec + "-" + System.nanoTime());
    var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    if (isTransaction) producer.initTransactions();
    return producer;
  }

  private static List<String> read(String id, String topic) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("max.partition.fetch.bytes", BYTES_MAX);
    settings.put("fetch.max.bytes", BYTES_MAX);
    List<String> lines = new ArrayList<>();
    var deserializer = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<byte[], byte[]>(settings, deserializer, deserializer)) {
      List<TopicPartition> all =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .collect(Collectors.toList());
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          lines.add(
              String.join(" ", "record", id, Integer.toString(record.partition()), Long.toString(record.offset()),
                  Long.toString(record.timestamp()), text(record.key()), text(record.value())));
        }
      }
    }
    return lines;
  }

  private static byte[] bytes(String text) {
    return text.equals("-") ? null : text.equals("+") ? new byte[0] : Base64.getDecoder().decode(text);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "-" : bytes.length == 0 ? "+" : Base64.getEncoder().encodeToString(bytes);
  }
}
