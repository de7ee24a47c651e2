package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Random;

/** Makes sampled fields mean something: enum values that exist, counts that count. */
final class Samples {
  private static final Map<String, String> COUNTED =
      Map.of(
          "topics", "topics_count",
          "partitions", "partitions_count",
          "messages", "messages_count",
          "members", "members_count",
          "consumer_groups", "consumer_groups_count");

  private Samples() {}

  static JsonNode fit(JsonNode fields, Random random) {
    if (fields instanceof ObjectNode object) {
      boolean group = object.has("members");
      limit(object, "compression_algorithm", 1 + random.nextInt(2));
      limit(object, "compression", 1 + random.nextInt(6));
      limit(object, "count", random.nextInt());
      if (object.has("username") || object.has("role")) {
        limit(object, "status", 1 + random.nextInt(2));
      }
      if (!object.has("created_at") && !group) {
        limit(object, "partitions_count", random.nextInt(1000));
      }
      COUNTED.forEach(
          (list, count) -> {
            boolean counts = !(group && list.equals("partitions"));
            if (object.path(list).isArray() && object.has(count) && counts) {
              object.put(count, object.get(list).size());
            }
          });
      if (object.path("snapshot_types").isArray()) {
        object.putArray("snapshot_types").add(1 + random.nextInt(6)).add(1 + random.nextInt(6));
      }
    }
    fields.forEach(child -> fit(child, random));
    return fields;
  }

  private static void limit(ObjectNode object, String member, int value) {
    if (object.path(member).isNumber()) {
      object.put(member, value & Integer.MAX_VALUE);
    }
  }
}
