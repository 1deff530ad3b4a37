// Reads topics whole with Kafka's own client set to read_committed, and prints a line a record: topic, partition,
// offset, timestamp, value in hex. Usage: java -cp LIB ReadCommitted.java BROKERS TOPIC...
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class ReadCommitted {
  public static void main(String[] args) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", args[0], "isolation.level", "read_committed", "enable.auto.commit", "false");
    PrintStream out = new PrintStream(new java.io.BufferedOutputStream(System.out, 1 << 16));
    var bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<byte[], byte[]>(settings, bytes, bytes)) {
      List<TopicPartition> all =
          Arrays.stream(args).skip(1)
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .collect(Collectors.toList());
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(of -> consumer.position(of) < ends.get(of))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          String value = record.value() == null ? "-" : HexFormat.of().formatHex(record.value());
          out.println(record.topic() + " " + record.partition() + " " + record.offset() + " " + record.timestamp() + " " + value);
        }
      }
    }
    out.flush();
  }
}
