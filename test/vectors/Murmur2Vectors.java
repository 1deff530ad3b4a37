// Writes murmur2.json: hashes and partitions as the Java Kafka client computes them.
// Run with the jars that tools/services/kafka/pom.xml fetches:
//   java -cp 'tools/services/kafka/target/4.1.0/*' test/vectors/Murmur2Vectors.java > test/vectors/murmur2.json
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

public class Murmur2Vectors {
    public static void main(String[] args) {
        List<byte[]> keys = new ArrayList<>();
        for (String text : new String[] {"", "a", "21", "foobar", "a-little-bit-long-string", "EWR", "JFK", "LGA", "Zürich", "東京"}) {
            keys.add(text.getBytes(StandardCharsets.UTF_8));
        }
        Random random = new Random(1);
        for (int length = 0; length < 40; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            keys.add(bytes);
        }
        StringBuilder out = new StringBuilder("[\n");
        for (int i = 0; i < keys.size(); i++) {
            byte[] key = keys.get(i);
            out.append(String.format(
                "  { \"key\": \"%s\", \"murmur2\": %d, \"of7\": %d, \"of50\": %d }%s\n",
                Base64.getEncoder().encodeToString(key), Utils.murmur2(key),
                BuiltInPartitioner.partitionForKey(key, 7), BuiltInPartitioner.partitionForKey(key, 50),
                i + 1 < keys.size() ? "," : ""));
        }
        System.out.print(out.append("]\n"));
    }
}
